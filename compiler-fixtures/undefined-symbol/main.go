// Command undefinedsymbol refers to functions that nobody defines.
package main

import "fmt"

func absent() int
func alsoAbsent(n int) string
func present()

//go:noinline
func caller() int { return absent() + absent() }

func main() {
	fmt.Println(caller(), alsoAbsent(1))
	present()
}
