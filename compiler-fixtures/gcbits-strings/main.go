// Command gcbitsstrings has short strings, floats and static data whose bytes
// are those of pointer bitmaps: symbols of up to eight bytes are merged by
// content alone, whatever they were.
package main

import "fmt"

type p1 struct{ a *int }
type p2 struct {
	a *int
	b int
	c *int
	d int
	e *int
	f int
	g *int
}
type p3 struct {
	a, b, c, d, e, f, g, h *int
}
type p4 struct {
	s string
	t string
	u []byte
	v any
	w map[string]int
}

//go:noinline
func text(i int) string {
	switch i {
	case 0:
		return "U"
	case 1:
		return "\x01"
	case 2:
		return "\xff"
	case 3:
		return "\x05"
	case 4:
		return "\x00\x00\x00\x00\x00\x00\xf0?"
	case 5:
		return "\x03\x00"
	case 6:
		return "UUUUUUUU"
	case 7:
		return "\x01\x00\x00\x00\x00\x00\x00\x00"
	}
	return "\x55\x01"
}

var (
	bytes  = [8]byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}
	one    = 1.0
	number = uint64(1)
	u      = [1]byte{'U'}
)

//go:noinline
func scale(f float64) float64 { return f*1.0000000000000002 + 2.5 }

func main() {
	for i := range 9 {
		fmt.Printf("%q\n", text(i))
	}
	x := 3
	values := []any{p1{&x}, p2{a: &x, g: &x}, p3{h: &x}, p4{s: "U", v: "\x01"}}
	for _, v := range values {
		fmt.Printf("%T\n", v)
	}
	fmt.Println(bytes, one, number, u, scale(1), float32(0.5), complex(1, 2.5))
}
