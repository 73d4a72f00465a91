// A program whose packages are in two shared libraries.
package main

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	_ "runtime/cgo"

	"host.test/shared/base"
	"host.test/shared/dep"
)

var _ = base.Initialized("main")

type circle struct{ dep.Square }

func (c circle) Area() int { return 3 * c.Side * c.Side }

var (
	names  [2]base.Name
	nested struct {
		first base.Name
		rest  []base.Name
		err   error
	}
	shapes = []base.Shape{dep.Square{Side: 2}, circle{dep.Square{Side: 3}}}
)

func main() {
	fmt.Println(base.Order())
	for i := range names {
		names[i] = dep.New(fmt.Sprint("name ", i))
		base.Names[i] = dep.New(fmt.Sprint("base ", i))
		dep.Extra.Names[i] = dep.New(fmt.Sprint("dep ", i))
		dep.Extra.Inner[i].E = fmt.Errorf("error %d", i)
	}
	nested.first = dep.New("first")
	nested.rest = []base.Name{dep.New("rest")}
	var set base.Set[circle]
	for range 4 {
		runtime.GC()
		set.Add(circle{})
		_ = make([]*string, 1<<16)
	}
	for i := range names {
		fmt.Println(*names[i].Text, *base.Names[i].Text, *dep.Extra.Names[i].Text, dep.Extra.Inner[i].E)
	}
	fmt.Println(*nested.first.Text, *nested.rest[0].Text, set.Add(circle{}), set.Add(circle{dep.Square{Side: 1}}))
	for _, s := range shapes {
		fmt.Println(s, s.Area(), reflect.TypeOf(s))
	}
	half, err := dep.Half(3)
	fmt.Println(half, err, errors.Is(err, dep.ErrOdd))
	fmt.Println(dep.Half(4))
	m := reflect.ValueOf(shapes[0]).MethodByName("Area")
	fmt.Println(m.Call(nil)[0], reflect.TypeOf(names[0]) == reflect.TypeOf(base.Names).Elem())
}
