// Command linknamebad pulls names that the linker does not hand out.
package main

import (
	"fmt"
	_ "unsafe"
)

//go:linkname coroswitch runtime.coroswitch
func coroswitch(p uintptr)

//go:linkname mapassign internal/runtime/maps.newArray
func mapassign(p uintptr)

//go:linkname lookup net.(*Resolver).lookupHost
func lookup()

func main() {
	coroswitch(0)
	mapassign(0)
	lookup()
	fmt.Println("never linked")
}
