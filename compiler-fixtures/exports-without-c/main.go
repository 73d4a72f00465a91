// Command exportswithoutc has what exports functions to C, and nothing of C.
package main

import _ "runtime/cgo"

func main() {
	println("never linked")
}
