// Command deferrecover returns through deferred calls of all kinds.
package main

import (
	"errors"
	"fmt"
)

func open(n int) (text string) {
	defer func() { text += " open" }()
	if n > 1 {
		defer func() { text += " many" }()
	}
	return fmt.Sprint(n)
}

func loop(n int) (text string) {
	for i := range n {
		defer func() { text += fmt.Sprint(" ", i) }()
	}
	return "loop"
}

func recovered(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	f()
	return nil
}

func nested() (err error) {
	defer func() { err = errors.Join(err, recovered(func() { panic("third") })) }()
	return recovered(func() {
		defer func() { panic(fmt.Sprint("second after ", recover())) }()
		panic("first")
	})
}

func main() {
	fmt.Println(open(1), open(2), loop(4))
	fmt.Println(recovered(func() { var p *int; *p = 1 }))
	fmt.Println(recovered(func() { var a []int; _ = a[len(a)+3] }))
	fmt.Println(nested())
	func() {
		defer fmt.Println("deferred")
		for i := range func(yield func(int) bool) { _ = yield(1) && yield(2) } {
			defer fmt.Println("in a range over a function", i)
		}
	}()
}
