// Command duplicatesizes has variables that are defined in assembly as well, with other sizes.
package main

import "fmt"

var (
	pointed int
	// Has contents there.
	merged [64]byte
	// Has none there.
	initialised = [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	grown       [8]byte
)

func main() {
	fmt.Println(pointed, merged[63], initialised[7], grown[7])
}
