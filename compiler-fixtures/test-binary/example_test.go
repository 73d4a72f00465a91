package stack_test

import (
	"fmt"

	stack "fixture.test/testbinary"
)

func ExampleStack() {
	var s stack.Stack[int]
	s.Push(7)
	fmt.Println(s.Pop())
	// Output: 7 true
}
