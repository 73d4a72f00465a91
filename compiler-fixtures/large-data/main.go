// Command largedata has big variables, with and without pointers, so that the
// data needs pointer programs and the types need large bitmaps.
package main

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"
)

type mixed struct {
	n int
	p *int
	b [3]byte
	s string
	i any
}

type large struct {
	head  *large
	table [600]mixed
	tail  [40]func()
}

type wide struct {
	a [5000]uint64
	p *wide
	b [5000]uint64
}

var (
	zeros      [3 << 20]byte
	numbers    = [4096]int32{1, 2, 3, 4095: 9}
	pointers   [20000]*int
	everySixth [3000]mixed
	big        large
	broad      [4]wide
	filled     = [300]mixed{5: {n: 5, s: "five"}, 299: {n: 299, i: "last"}}
	names      = [...]string{"a", "b", "c", 500: "z"}
	after      = [3]*mixed{&filled[5], nil, &everySixth[7]}
)

func main() {
	x := 41
	pointers[19999] = &x
	everySixth[2999].p = &x
	everySixth[7].s = "seven"
	big.table[599].i = &big
	broad[3].p = &broad[0]
	for range 3 {
		runtime.GC()
	}
	fmt.Println(len(zeros), numbers[4095], *pointers[19999]+1, *everySixth[2999].p, big.table[599].i == any(&big))
	fmt.Println(broad[3].p == &broad[0], filled[299].i, names[500], after[0].s, after[2].s)
	fmt.Println(unsafe.Sizeof(big), reflect.TypeOf(&big).Elem().Size(), reflect.TypeOf(broad).Len())
	list := make([]large, 3)
	list[2].table[9].p = &x
	runtime.GC()
	fmt.Println(*list[2].table[9].p)
}
