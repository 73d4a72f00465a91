// Command hostobject calls a C object that lies beside its sources, without cgo.
package main

import "os"

func add(a, b int) int

func main() {
	if add(3, 4) == 7 {
		os.Stdout.WriteString("7\n")
	}
}
