// Package base is in one shared library, with the runtime.
package base

// Names holds pointers, in an array of structs.
var Names [3]Name

// Name is a type that other modules have variables of.
type Name struct {
	Text *string
	Len  [2]int
	Next *Name
}

// A Shape is implemented by types of other modules.
type Shape interface {
	Area() int
}

// Set is generic: who uses it instantiates it.
type Set[T comparable] struct {
	seen map[T]bool
}

// Add tells whether v is new.
func (s *Set[T]) Add(v T) bool {
	if s.seen == nil {
		s.seen = map[T]bool{}
	}
	if s.seen[v] {
		return false
	}
	s.seen[v] = true
	return true
}

var order []string

// Initialized appends to the order of initialisation.
func Initialized(name string) bool {
	order = append(order, name)
	return true
}

// Order is the order of initialisation.
func Order() []string { return order }

var _ = Initialized("base")
