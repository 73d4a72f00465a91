// Command program has C of its own: calls both ways, thread-local data, a library.
package main

/*
#cgo LDFLAGS: -lm
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int twice(int x) { return 2 * x; }
static int fail(void) { errno = ENOENT; return -1; }
int call_back(int x);
int count(void);
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"unsafe"
)

//export goCallback
func goCallback(x C.int) C.int { return x + 100 }

type shape interface{ area() float64 }

type square struct{ side float64 }

func (s square) area() float64 { return s.side * s.side }

var names = map[string]int{"one": 1, "two": 2, "three": 3}

func main() {
	s := C.CString("from C")
	defer C.free(unsafe.Pointer(s))
	_, err := C.fail()
	fmt.Println(C.twice(21), C.GoString(s), float64(C.sqrt(2)), C.call_back(1), os.IsNotExist(err))

	// Threads have a counter each.
	var group sync.WaitGroup
	counts := make([]int, 4)
	for i := range counts {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			C.count()
			first := C.count()
			counts[i] = int(C.count() - first)
		}()
	}
	group.Wait()
	fmt.Println(counts)

	keys := make([]string, 0, len(names))
	for k := range names {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var v shape = square{3}
	fmt.Println(strings.Join(keys, " "), v.area())
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var m map[string]int
		m["x"] = 1
	}()
}
