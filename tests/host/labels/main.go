// Command labels refers to places deep inside large variables, which AArch64 instructions reach from labels
// on macOS.
package main

import (
	"fmt"
	"os"
)

type pair struct{ x, y [1 << 20]int64 }

var (
	bytes [40 << 20]byte
	words [3 << 20]int64
	both  pair
)

func main() {
	n := len(os.Args)
	bytes[30<<20] = byte(n)
	words[2<<20] = 7
	both.y[n] = 4
	p := &words[2500000]
	fmt.Println(bytes[n], bytes[30<<20], words[n], *p, &both.y[1000000], &bytes[8<<20], &bytes[8<<20+5])
}
