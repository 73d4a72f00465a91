// Command xflag prints variables that -X sets.
package main

import (
	"fmt"

	"fixture.test/xflag/conf"
)

var name = "default"

var other string

func main() {
	fmt.Printf("%q %q %q %q %d %q\n", name, other, conf.Version, conf.Empty, conf.NotText, conf.Computed)
}
