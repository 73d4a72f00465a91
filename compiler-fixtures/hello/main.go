// Command hello is the smallest program that uses a package with reflection.
package main

import "fmt"

func main() {
	fmt.Println("hello, world")
}
