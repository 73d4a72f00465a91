// Command duplicatedefinition links two definitions of one symbol.
package main

import (
	"fixture.test/duplicatedefinition/a"
	"fixture.test/duplicatedefinition/b"
)

func main() { println(a.Run(), b.Run()) }
