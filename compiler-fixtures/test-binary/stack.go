// Package stack is small and tested.
package stack

// Stack is a stack.
type Stack[T any] struct{ items []T }

// Push adds.
func (s *Stack[T]) Push(v T) { s.items = append(s.items, v) }

// Pop removes.
func (s *Stack[T]) Pop() (v T, ok bool) {
	if len(s.items) == 0 {
		return v, false
	}
	v = s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return v, true
}
