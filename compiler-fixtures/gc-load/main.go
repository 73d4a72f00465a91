// Command gcload allocates much, with finalizers, cleanups and weak pointers,
// while the collector runs: pointer maps of stacks, data and types must hold.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

type tree struct {
	left, right *tree
	payload     []byte
	name        string
}

func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1), make([]byte, depth*3), fmt.Sprint("n", depth)}
}

func (t *tree) check(depth int) int {
	if t == nil {
		return 0
	}
	if len(t.payload) != depth*3 || t.name != fmt.Sprint("n", depth) {
		panic("tree is damaged")
	}
	return 1 + t.left.check(depth-1) + t.right.check(depth-1)
}

// Globals with pointers in places that only the data bitmap tells.
var (
	kept [1000]struct {
		n int
		p *tree
		f float64
		s string
	}
	sparse struct {
		_ [100_000]byte
		p *tree
		_ [50_000]uint64
		q []*tree
	}
	initialised = [...]*tree{{name: "n1", payload: make([]byte, 3)}, nil, {name: "static"}}
)

type finalised struct{ n [10]int }

func main() {
	debug.SetGCPercent(10)
	sparse.p = grow(6)
	sparse.q = append(sparse.q, grow(5))
	var wg sync.WaitGroup
	var nodes atomic.Int64
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 60 {
				t := grow(8)
				kept[(g*60+i)%len(kept)].p = grow(3)
				nodes.Add(int64(t.check(8)))
			}
		}()
	}
	var finals atomic.Int64
	for range 1000 {
		f := &finalised{}
		runtime.SetFinalizer(f, func(*finalised) { finals.Add(1) })
		c := &finalised{}
		runtime.AddCleanup(c, func(n int64) { finals.Add(n) }, 1)
	}
	held := &tree{name: "held"}
	w := weak.Make(held)
	wg.Wait()
	for i := 0; i < 200 && finals.Load() < 1900; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	total := 0
	for i := range kept {
		total += kept[i].p.check(3)
	}
	fmt.Println(nodes.Load(), total, sparse.p.check(6), sparse.q[0].check(5), initialised[0].check(1), initialised[2].name)
	fmt.Println(finals.Load() >= 1900, w.Value() == held)
	runtime.KeepAlive(held)
}
