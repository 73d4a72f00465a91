// Package set is generic; other packages instantiate it.
package set

import (
	"cmp"
	"fmt"
	"slices"
)

// Set is a set.
type Set[T cmp.Ordered] struct{ items map[T]struct{} }

// Of makes a set.
func Of[T cmp.Ordered](items ...T) *Set[T] {
	s := &Set[T]{items: map[T]struct{}{}}
	for _, item := range items {
		s.items[item] = struct{}{}
	}
	return s
}

// Sorted lists the items.
func (s *Set[T]) Sorted() []T {
	var list []T
	for item := range s.items {
		list = append(list, item)
	}
	slices.Sort(list)
	return list
}

// String prints the set through its dictionary.
func (s *Set[T]) String() string { return fmt.Sprintf("%T%v", *new(T), s.Sorted()) }

// Map changes the item type.
func Map[T, U cmp.Ordered](s *Set[T], f func(T) U) *Set[U] {
	var list []U
	for _, item := range s.Sorted() {
		list = append(list, f(item))
	}
	return Of(list...)
}
