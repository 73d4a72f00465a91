// Command generics has instances, dictionaries and generic methods.
package main

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"fixture.test/generics/set"
	"fixture.test/generics/use"
)

type node[K comparable, V any] struct {
	key   K
	value V
	next  *node[K, V]
}

type list[K comparable, V any] struct{ head *node[K, V] }

func (l *list[K, V]) push(k K, v V) { l.head = &node[K, V]{k, v, l.head} }

func (l *list[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for n := l.head; n != nil; n = n.next {
			if !yield(n.key, n.value) {
				return
			}
		}
	}
}

type number interface{ ~int | ~float64 }

func sum[T number](list ...T) (total T) {
	for _, v := range list {
		total += v
	}
	return total
}

type celsius float64

func describe[T any](v T) string {
	if s, ok := any(v).(fmt.Stringer); ok {
		return "stringer " + s.String()
	}
	return fmt.Sprintf("%T", v)
}

func main() {
	for _, s := range use.Sets() {
		fmt.Println(s, reflect.TypeOf(s))
	}
	fmt.Println(set.Map(set.Of(1, 2), strconv.Itoa))
	l := &list[string, []int]{}
	l.push("a", []int{1})
	l.push("b", nil)
	m := maps.Collect(l.all())
	fmt.Println(slices.Sorted(maps.Keys(m)), sum(1, 2, 3), sum(celsius(1.5), 2))
	fmt.Println(describe(set.Of("q")), describe(struct{ A list[int, celsius] }{}), describe(l))
	fmt.Println(reflect.TypeOf(set.Of(1)) == reflect.TypeOf(use.Sets()[0]))
}
