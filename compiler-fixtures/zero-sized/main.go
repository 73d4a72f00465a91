// Command zerosized has variables without size, which sort first in their
// sections and share addresses.
package main

import "fmt"

type nothing struct{}

type empty [0]int64

type wrapped struct {
	a nothing
	b [0]func()
}

// Exported variables without size, initialised and not.
var (
	A nothing
	B empty
	C = wrapped{}
	D [0]*int
	E = [0]string{}
	F struct {
		_ nothing
		_ [0]byte
	}
	G = []nothing{{}, {}, {}}
	H = map[nothing]empty{{}: {}}
	I = "non-zero"
)

//go:noinline
func address[T any](p *T) bool { return p != nil }

func main() {
	fmt.Println(address(&A), address(&B), address(&C), address(&D), address(&E), address(&F))
	fmt.Println(len(G), len(H), I, A, B, C, D, E)
	n, m := new(nothing), new(empty)
	fmt.Println(n != nil, m != nil, *n, *m)
}
