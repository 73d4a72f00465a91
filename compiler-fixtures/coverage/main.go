// Command coverage is built with -cover.
package main

import (
	"bytes"
	"fmt"
	"runtime/coverage"

	"fixture.test/coverage/lib"
)

func main() {
	fmt.Println(lib.Sign(3), lib.Sign(0))
	var meta, counters bytes.Buffer
	fmt.Println(coverage.WriteMeta(&meta), coverage.WriteCounters(&counters))
	fmt.Println(meta.Len() > 0, counters.Len() > 0)
}
