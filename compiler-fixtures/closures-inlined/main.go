// Command closuresinlined has the same closures inlined into several packages.
package main

import (
	"fmt"
	"runtime"

	"fixture.test/closuresinlined/a"
	"fixture.test/closuresinlined/b"
	"fixture.test/closuresinlined/c"
	"fixture.test/closuresinlined/lib"
)

func main() {
	fmt.Println(a.Run(1), b.Run(2), c.Run(3))
	f := func() string {
		pc, _, line, _ := runtime.Caller(0)
		return fmt.Sprint(runtime.FuncForPC(pc).Name(), ":", line)
	}
	g := func() string { return func() string { return f() }() }
	fmt.Println(g(), lib.Constant()())
}
