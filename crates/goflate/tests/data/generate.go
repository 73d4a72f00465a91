// Writes the lengths and hashes of what compress/zlib makes of many inputs at BestSpeed, or at its default
// level:
//
//	GOTOOLCHAIN=go1.26.8 go run generate.go > go126.txt
//	GOTOOLCHAIN=go1.27.3 go run generate.go > go127.txt
//	GOTOOLCHAIN=go1.27.3 GOARCH=arm64 go run -exec qemu-aarch64-static generate.go > go127fused.txt
//	GOTOOLCHAIN=go1.26.8 go run generate.go default > go126default.txt
//	GOTOOLCHAIN=go1.27.3 go run generate.go default > go127default.txt
//
// tests/streams.rs makes the same inputs and compares.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"fmt"
	"math/bits"
	"os"
	"slices"
)

const block = 65535

type random uint64

func (r *random) next() uint64 {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return uint64(*r)
}

func (r *random) below(n int) int { return int((r.next() >> 11) % uint64(n)) }

var kinds = []string{
	"zeros", "random", "geometric", "words", "repeats", "far", "records", "sparse", "mixed",
}

// input makes n bytes of some kind.
func input(kind string, n int, seed uint64) []byte {
	r := random(seed)
	r.next()
	var out []byte
	for len(out) < n {
		v := r.next()
		switch kind {
		case "zeros":
			out = append(out, 0)
		case "random":
			out = append(out, byte(v>>32))
		case "geometric":
			out = append(out, byte(bits.TrailingZeros64(v)))
		case "words":
			word := random(1 + v%61*(v>>20%7))
			if word == 0 {
				word = 99
			}
			for range 2 + word.below(9) {
				out = append(out, 'a'+byte(word.below(26)))
			}
			out = append(out, ' ')
		case "repeats":
			if len(out) == 0 || v>>40%3 == 0 {
				for range 1 + r.below(40) {
					out = append(out, byte(r.next()>>32))
				}
			} else {
				from := len(out) - 1 - r.below(min(len(out), 40000))
				for i := range 4 + r.below(600) {
					out = append(out, out[from+i])
				}
			}
		case "far":
			if len(out) < 32800 || v>>40%4 == 0 {
				for range 1 + r.below(12) {
					out = append(out, byte(r.next()>>32))
				}
			} else {
				from := len(out) - 32764 - r.below(9)
				for i := range 4 + r.below(40) {
					out = append(out, out[from+i])
				}
			}
		case "records":
			at := uint32(len(out))
			out = append(out, byte(at), byte(at>>8), byte(at>>16), byte(at>>24))
			out = append(out, 2, byte(v>>32)&15, 0, 0, byte(v>>40)&3, 0x7f)
			if v>>50%5 == 0 {
				out = append(out, "DW_AT_name"[:3+v>>56%7]...)
			}
		case "sparse":
			out = append(out, make([]byte, r.below(300))...)
			out = append(out, byte(v>>32)&31)
		case "mixed":
			part := kinds[v>>33%8]
			out = append(out, input(part, 1000+r.below(50000), v|1)...)
		}
	}
	return out[:n]
}

func compress(data []byte) []byte {
	var buf bytes.Buffer
	level := zlib.BestSpeed
	if slices.Contains(os.Args, "default") {
		level = zlib.DefaultCompression
	}
	w, err := zlib.NewWriterLevel(&buf, level)
	if err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return buf.Bytes()
}

type hash uint64

func (h *hash) add(data []byte) {
	for _, b := range data {
		*h = (*h ^ hash(b)) * 0x100000001b3
	}
}

func main() {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	report := func(kind string, first, last int) {
		h, total := hash(0xcbf29ce484222325), 0
		for n := first; n <= last; n++ {
			stream := compress(input(kind, n, 1234567*uint64(n)+1))
			h.add(stream)
			total += len(stream)
		}
		fmt.Fprintf(w, "%s %d %d %d %016x\n", kind, first, last, total, uint64(h))
	}
	deltas := []int{
		-1, 0, 1, 11, 12, 13, 14, 15, 16, 17, 18, 31, 32, 33, 34, 127, 128, 129, 200, 300, 1000,
		5000, 30000, 32767, 32768, 32769, 50000,
	}
	for _, kind := range kinds {
		for first := 0; first < 400; first += 20 {
			report(kind, first, first+19)
		}
		for _, blocks := range []int{1, 2, 5} {
			for _, d := range deltas {
				report(kind, blocks*block+d, blocks*block+d)
			}
		}
		for _, n := range []int{9*block - 5000, 10 * block, 1234567, 2500000} {
			report(kind, n, n)
		}
	}
}
