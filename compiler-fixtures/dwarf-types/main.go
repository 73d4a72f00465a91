// Command dwarftypes has every kind of type, constant and variable that the
// debug information describes, optimised away or not.
package main

import (
	"fmt"
	"io"
	"sync"
	"unsafe"
)

type (
	integer  int16
	text     string
	slice    []integer
	array    [7]text
	table    map[text]slice
	queue    chan table
	sender   chan<- queue
	receiver <-chan queue
	function func(integer, ...text) (array, error)
	pointer  *pointer
	raw      unsafe.Pointer
	anything interface{}
	reader   interface {
		io.Reader
		private(integer) (text, error)
	}
	alias = struct {
		A, b int
		C    struct{ d *table }
	}
	record struct {
		alias
		*sync.Mutex
		next  *record
		kids  []*record
		f     function
		c64   complex64
		c128  complex128
		u8    uint8
		r     rune
		b     bool
		u     uintptr
		f32   float32
		m     map[[3]int]struct{ x, y integer }
		wide  map[[20]int][40]text
		blank struct{}
	}
	tree[T any] struct {
		left, right *tree[T]
		value       T
	}
)

const (
	small            = 5
	large            = 1 << 40
	named    text    = "constant"
	float            = 2.5
	negative integer = -3
)

var (
	global    record
	counter   integer = small
	callbacks         = map[string]function{}
	instance          = &tree[record]{}
	other     tree[text]
)

func (r *record) method(a integer, b text) (out array, err error) {
	out[0] = b
	local := large + int64(a)
	for i := range out {
		shadow := text(fmt.Sprint(i, local))
		if i > 2 {
			shadow := i * 2
			out[i] = text(fmt.Sprint(shadow))
			continue
		}
		out[i] += shadow
	}
	return out, nil
}

func (t *tree[T]) insert(v T) *tree[T] {
	if t == nil {
		return &tree[T]{value: v}
	}
	t.left = t.left.insert(v)
	return t
}

func inlined(a, b int) (c int) {
	d := a * b
	e := d + a
	return e - b
}

func many(a int, b string, c []byte, d any, e error, f float64, g complex128, h [4]int, i struct{ x, y *int }) (int, string, error) {
	n := inlined(a, len(b)) + inlined(len(c), h[2])
	closure := func(k int) int { n += k; return n + inlined(k, a) }
	return closure(3), fmt.Sprint(d, f, real(g), i.x == nil), e
}

func main() {
	var p pointer
	var an anything = negative
	global.Mutex = &sync.Mutex{}
	out, err := global.method(counter, named)
	fmt.Println(out, err, p == nil, an, float)
	fmt.Println(many(1, "b", []byte("c"), 'd', io.EOF, 6, 7i, [4]int{1, 2, 3, 4}, struct{ x, y *int }{}))
	instance.insert(record{}).insert(record{})
	other.insert("x")
	callbacks["f"] = func(integer, ...text) (array, error) { return array{}, nil }
	var q queue = make(queue, 1)
	var s sender
	var r receiver
	fmt.Println(len(callbacks), cap(q), s == nil, r == nil, unsafe.Sizeof(global) > 0, instance.left != nil)
}
