// Command sametypestrings has distinct types whose strings are equal. The
// linker sorts them by string: the order of the ties shows in the file.
package main

import (
	"fmt"
	"reflect"

	one "fixture.test/sametypestrings/one/kind"
	three "fixture.test/sametypestrings/three/kind"
	two "fixture.test/sametypestrings/two/kind"
)

type namer interface{ Name() string }

func main() {
	values := []any{
		&one.Thing{}, &two.Thing{}, &three.Thing{},
		one.Thing{}, two.Thing{}, three.Thing{},
		[]one.Thing{}, []two.Thing{}, []three.Thing{},
		map[string]*one.Thing{}, map[string]*two.Thing{}, map[string]*three.Thing{},
		func(one.Thing) {}, func(two.Thing) {}, func(three.Thing) {},
		make(chan one.Thing), make(chan two.Thing), make(chan three.Thing),
		one.Pair[int]{}, two.Pair[int]{}, &one.Pair[string]{}, &two.Pair[string]{},
	}
	seen := map[reflect.Type]int{}
	for _, v := range values {
		t := reflect.TypeOf(v)
		seen[t]++
		name := "-"
		if n, ok := v.(namer); ok {
			name = n.Name()
		}
		fmt.Println(t, t.Kind(), name)
	}
	fmt.Println(len(seen) == len(values))
	// Types made at run time must find the ones in the file.
	for _, v := range values[3:6] {
		t := reflect.TypeOf(v)
		fmt.Println(reflect.PointerTo(t) == reflect.TypeOf(reflect.New(t).Interface()))
	}
	fmt.Println(reflect.SliceOf(reflect.TypeOf(two.Thing{})) == reflect.TypeOf([]two.Thing{}))
	fmt.Println(reflect.SliceOf(reflect.TypeOf(one.Thing{})) == reflect.TypeOf([]one.Thing{}))
}
