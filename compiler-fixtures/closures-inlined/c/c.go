// Package c inlines the closures of lib.
package c

import "fixture.test/closuresinlined/lib"

// Run uses them.
func Run(n int) (sum int) {
	add := lib.Adder(n)
	for i := range lib.Each(5) {
		sum += lib.Twice(add)(i) + lib.Constant()()
	}
	defer func() { sum++ }()
	for _, v := range lib.Apply([]int{1, 2, 3}, func(m int) int { return m * n }) {
		sum += v
	}
	return sum
}
