// Command v2.x has names that need escaping.
package main

import (
	"fmt"
	"reflect"
	"runtime"

	cd "fixture.test/odd.name/v2.x/a.b"
	tilde "fixture.test/odd.name/v2.x/x-y_z~b"
)

func Ω(x int) int { return x + 1 }

func main() {
	g := cd.Größe{Länge: 1}
	fmt.Println(g.Ünit(), tilde.Value(), Ω(1), cd.Set)
	fmt.Println(reflect.TypeOf(g), reflect.TypeOf(g).PkgPath(), reflect.TypeOf(g).Method(0).Name)
	pc := reflect.ValueOf(tilde.Value).Pointer()
	fmt.Println(runtime.FuncForPC(pc).Name())
	fmt.Println(runtime.FuncForPC(reflect.ValueOf(cd.Größe.Ünit).Pointer()).Name())
	fmt.Println(runtime.FuncForPC(reflect.ValueOf(Ω).Pointer()).Name())
}
