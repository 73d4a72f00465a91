// Writes what compress/flate of Go 1.27 estimates as the size of made-up blocks:
//
//	GOTOOLCHAIN=go1.27.3 go run -ldflags=-checklinkname=0 .
//
// estimates.txt joins two runs of it, the second with GOARCH=arm64 and -exec qemu-aarch64-static,
// where the compiler fuses multiplications with additions. Each line holds a seed and both results;
// of 5000 seeds, those with different results and the first twenty are kept:
//
//	join amd64.txt arm64.txt | awk '$1 <= 1020 || $2 != $3'
//
// The test in src/plan/reusing.rs makes the same blocks.
package main

import (
	_ "compress/flate"
	"fmt"
	_ "unsafe"
)

// tokens is compress/flate's type of that name.
type tokens struct {
	extraHist [32]uint16
	offHist   [32]uint16
	litHist   [256]uint16
	nFilled   int
	n         uint16
	tokens    [65536]uint32
}

//go:linkname estimatedBits compress/flate.(*tokens).EstimatedBits
func estimatedBits(t *tokens) int

func main() {
	t := new(tokens)
	for seed := uint64(1001); seed < 6001; seed++ {
		r := seed
		next := func() uint64 {
			r ^= r << 13
			r ^= r >> 7
			r ^= r << 17
			return r
		}
		fill := func(counts []uint16) {
			for i := range counts {
				v := next()
				counts[i] = uint16((v >> 20) % (1 << (v >> 8 % 10)))
			}
		}
		fill(t.litHist[:])
		t.extraHist[0] = 1
		fill(t.extraHist[1:30])
		fill(t.offHist[:30])
		t.n = 0
		for _, n := range t.litHist {
			t.n += n
		}
		for _, n := range t.extraHist[1:] {
			t.n += n
		}
		fmt.Println(seed, estimatedBits(t))
	}
}
