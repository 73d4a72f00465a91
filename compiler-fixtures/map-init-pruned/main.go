// Command mapinitpruned links packages whose map initialisers are dropped.
// Their init functions are changed by the linker and move in the text.
package main

import (
	"fmt"
	"os"
	"strings"

	"fixture.test/mapinitpruned/quiet"
	"fixture.test/mapinitpruned/tables"
)

func main() {
	sum := 0
	for _, v := range tables.Used {
		sum += v
	}
	fmt.Println(sum, quiet.Here())
	// Written in two halves so that the text itself is not in the file.
	needle := "only the pruned map " + strings.ToLower("REFERS to one")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pruned:", !strings.Contains(string(self), needle))
}
