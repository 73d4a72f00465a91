// Command reflecttypes makes types at run time and meets those in the file.
package main

import (
	"fmt"
	"reflect"
	"sort"
)

type point struct {
	X, Y int `json:"x"`
}

func (p point) Sum() int { return p.X + p.Y }

type shape interface {
	Sum() int
}

type recursive struct {
	next *recursive
	kids map[string][]recursive
	f    func(*recursive, ...shape) (chan<- recursive, error)
}

func main() {
	mapType := reflect.MapOf(reflect.TypeOf(""), reflect.TypeOf(point{}))
	fmt.Println(mapType, mapType == reflect.TypeOf(map[string]point{}))
	m := reflect.MakeMap(mapType)
	m.SetMapIndex(reflect.ValueOf("a"), reflect.ValueOf(point{1, 2}))
	fmt.Println(m.Interface())
	fn := reflect.FuncOf([]reflect.Type{reflect.TypeOf(0)}, []reflect.Type{reflect.TypeOf("")}, false)
	fmt.Println(fn, fn == reflect.TypeOf(func(int) string { return "" }))
	made := reflect.MakeFunc(fn, func(args []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(fmt.Sprint("made ", args[0].Int()))}
	}).Interface().(func(int) string)
	fmt.Println(made(5))
	st := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeOf(0), Tag: `t:"1"`},
		{Name: "B", Type: reflect.ArrayOf(3, reflect.TypeOf(point{}))},
	})
	fmt.Println(st, reflect.New(st).Elem().Interface())
	fmt.Println(reflect.ChanOf(reflect.BothDir, reflect.TypeOf(0)), reflect.SliceOf(st).Elem() == st)
	var s shape = point{3, 4}
	v := reflect.ValueOf(s)
	fmt.Println(v.MethodByName("Sum").Call(nil)[0], v.Type().Implements(reflect.TypeFor[shape]()))
	t := reflect.TypeFor[recursive]()
	var fields []string
	for i := range t.NumField() {
		fields = append(fields, t.Field(i).Name+" "+t.Field(i).Type.String())
	}
	sort.Strings(fields)
	fmt.Println(fields, t.PkgPath())
	fmt.Printf("%v %+v %#v\n", point{}, point{}, point{})
}
