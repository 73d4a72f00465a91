// Command itabs has many interface tables: types times interfaces.
package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

type a interface{ A() int }
type ab interface {
	a
	B() int
}
type abc interface {
	ab
	C() int
}

type t1 struct{ n [1]int }

func (t t1) A() int  { return len(t.n) }
func (t *t1) B() int { return len(t.n) * 2 }
func (t *t1) C() int { return len(t.n) * 3 }

type t2 struct{ n [2]int }

func (t t2) A() int  { return len(t.n) }
func (t *t2) B() int { return len(t.n) * 2 }
func (t *t2) C() int { return len(t.n) * 3 }

type t3 struct{ n [3]int }

func (t t3) A() int  { return len(t.n) }
func (t *t3) B() int { return len(t.n) * 2 }
func (t *t3) C() int { return len(t.n) * 3 }

type t4 struct{ n [4]int }

func (t t4) A() int  { return len(t.n) }
func (t *t4) B() int { return len(t.n) * 2 }
func (t *t4) C() int { return len(t.n) * 3 }

type t5 struct{ n [5]int }

func (t t5) A() int  { return len(t.n) }
func (t *t5) B() int { return len(t.n) * 2 }
func (t *t5) C() int { return len(t.n) * 3 }

type t6 struct{ n [6]int }

func (t t6) A() int  { return len(t.n) }
func (t *t6) B() int { return len(t.n) * 2 }
func (t *t6) C() int { return len(t.n) * 3 }

type t7 struct{ n [7]int }

func (t t7) A() int  { return len(t.n) }
func (t *t7) B() int { return len(t.n) * 2 }
func (t *t7) C() int { return len(t.n) * 3 }

type t8 struct{ n [8]int }

func (t t8) A() int  { return len(t.n) }
func (t *t8) B() int { return len(t.n) * 2 }
func (t *t8) C() int { return len(t.n) * 3 }

type failure struct{ io.Reader }

func (failure) Error() string        { return "failure" }
func (failure) Is(target error) bool { return target == io.EOF }

//go:noinline
func total(list ...a) (n int) {
	for _, v := range list {
		n += v.A()
		if x, ok := v.(ab); ok {
			n += x.B()
		}
		switch x := v.(type) {
		case abc:
			n += x.C()
		case interface{ D() int }:
			n += x.D()
		}
	}
	return n
}

func main() {
	fmt.Println(total(t1{}, t2{}, t3{}, t4{}, &t5{}, &t6{}, &t7{}, &t8{}))
	var list []abc = []abc{&t1{}, &t2{}, &t3{}, &t4{}}
	for _, v := range list {
		fmt.Print(v.C(), " ")
	}
	var err error = failure{strings.NewReader("")}
	var f failure
	fmt.Println(errors.Is(err, io.EOF), errors.As(err, &f), f.Reader != nil)
}
