// Command methodsreflect walks methods through reflect.Type.Method: every
// exported method of every reachable type must stay.
package main

import (
	"fmt"
	"os"
	"reflect"
)

type thing struct{ n int }

func (t thing) Alpha() int            { return t.n }
func (t *thing) Beta(s string) string { return s + "!" }
func (t thing) Gamma(a, b int) int    { return a*b + t.n }
func (t thing) hidden() int           { return -1 }

type other struct{ thing }

func (o other) Delta() string { return "delta" }

func main() {
	for _, v := range []any{thing{1}, &thing{2}, other{}, &other{}} {
		t := reflect.TypeOf(v)
		for i := range t.NumMethod() {
			fmt.Println(t, t.Method(i).Name, t.Method(i).Type)
		}
	}
	if len(os.Args) > 5 {
		thing{}.hidden()
	}
	out := reflect.ValueOf(thing{1}).Method(1).Call([]reflect.Value{reflect.ValueOf(3), reflect.ValueOf(4)})
	fmt.Println(out[0])
}
