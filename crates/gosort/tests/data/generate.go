// Writes permutations.txt: for many inputs, the hash of the order in which Go's
// sort leaves them. Run it as
//
//	go run generate.go > permutations.txt
//
// permutations-32.txt has the lines that Go 1.23 writes otherwise.
//
// tests/permutations.rs makes the same inputs and compares.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"sort"
)

type random uint64

func (r *random) next() uint64 {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return uint64(*r)
}

type item struct{ key, place uint32 }

var shapes = []string{
	"random", "few", "two", "equal", "rising", "falling", "nearly", "saw", "organ", "swapped", "steps", "killer",
}

func keys(shape string, n int, seed uint64) []uint32 {
	r := random(seed)
	r.next()
	out := make([]uint32, n)
	for i := range out {
		v := r.next()
		switch shape {
		case "random":
			out[i] = uint32(v >> 16)
		case "few":
			out[i] = uint32(v>>16) % 7
		case "two":
			out[i] = uint32(v>>16) % 2
		case "equal":
			out[i] = 5
		case "rising", "nearly", "swapped":
			out[i] = uint32(i)
		case "falling":
			out[i] = uint32(n - i)
		case "saw":
			out[i] = uint32(i) % (3 + uint32(seed%29))
		case "organ":
			out[i] = uint32(min(i, n-i))
		case "steps":
			out[i] = uint32(i / (2 + int(seed%13)))
		}
	}
	switch {
	case n == 0:
	case shape == "nearly":
		for range 3 {
			out[r.next()%uint64(n)] = uint32(r.next() % uint64(n))
		}
	case shape == "swapped":
		for range 4 {
			i, j := r.next()%uint64(n), r.next()%uint64(n)
			out[i], out[j] = out[j], out[i]
		}
	case shape == "killer":
		return killer(n)
	}
	return out
}

// killer makes an input with bad pivots, after M. D. McIlroy's adversary for
// quicksort: values are settled, from the largest down, while the sort asks for them.
func killer(n int) []uint32 {
	const open = 0
	value := make([]uint32, n)
	order := make([]int, n)
	for i := range value {
		value[i], order[i] = open, i
	}
	solid, candidate := uint32(n), 0
	less := func(x, y int) bool {
		if value[x] == open && value[y] == open {
			if x == candidate {
				value[x] = solid
			} else {
				value[y] = solid
			}
			solid--
		}
		if value[x] == open {
			candidate = x
		} else if value[y] == open {
			candidate = y
		}
		return value[x] < value[y]
	}
	slices.SortFunc(order, func(x, y int) int {
		if less(x, y) {
			return -1
		}
		return 1
	})
	return value
}

func fnv(items []item) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, it := range items {
		for shift := 0; shift < 32; shift += 8 {
			h = (h ^ uint64(byte(it.place>>shift))) * 0x100000001b3
		}
	}
	return h
}

func main() {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	sizes := []int{}
	for n := 0; n <= 70; n++ {
		sizes = append(sizes, n)
	}
	sizes = append(sizes, 99, 100, 127, 128, 129, 255, 256, 500, 777, 1000, 1023, 1500, 2047, 2500, 3000)
	for _, shape := range shapes {
		for _, n := range append(sizes, 20000) {
			seeds := uint64(3)
			if n == 20000 {
				seeds = 1
			}
			for seed := uint64(1); seed <= seeds; seed++ {
				in := make([]item, n)
				for i, k := range keys(shape, n, seed*7919+uint64(n)) {
					in[i] = item{k, uint32(i)}
				}
				a, b := slices.Clone(in), slices.Clone(in)
				slices.SortFunc(a, func(x, y item) int {
					if x.key < y.key {
						return -1
					} else if x.key > y.key {
						return 1
					}
					return 0
				})
				sort.Slice(b, func(i, j int) bool { return b[i].key < b[j].key })
				if !slices.Equal(a, b) {
					panic("slices.SortFunc and sort.Slice differ")
				}
				fmt.Fprintf(w, "%s %d %d %016x\n", shape, n, seed, fnv(a))
			}
		}
	}
}
