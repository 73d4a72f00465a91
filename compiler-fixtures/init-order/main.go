// Command initorder prints the order in which packages were initialised.
package main

import (
	"fmt"

	"fixture.test/initorder/a"
	"fixture.test/initorder/b"
	"fixture.test/initorder/log"
)

var here = log.Say("main var")

func init() { log.Say("main init") }

func main() {
	for i, line := range log.Lines {
		fmt.Println(i, line)
	}
	fmt.Println(a.Sum(), b.Sum(), here)
}
