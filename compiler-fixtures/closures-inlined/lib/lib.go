// Package lib has small functions with closures; callers inline them.
package lib

// Adder returns a closure.
func Adder(n int) func(int) int { return func(m int) int { return n + m } }

// Apply calls f on each.
func Apply(list []int, f func(int) int) []int {
	for i := range list {
		list[i] = f(list[i])
	}
	return list
}

// Twice makes a closure of a closure.
func Twice(f func(int) int) func(int) int {
	return func(m int) int {
		g := func(k int) int { return f(k) }
		return g(g(m))
	}
}

// Constant returns a closure without captures.
func Constant() func() int { return func() int { return 42 } }

// Each is an iterator.
func Each(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
