// Command cgoc has C code of its own: data of every kind, calls in both directions, and arithmetic
// that the C compiler leaves to its support library.
package main

/*
#cgo CFLAGS: -fcommon
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "code.h"
*/
import "C"

import (
	"fmt"
	"unsafe"
)

//export goCallback
func goCallback(x C.int) C.int { return x + 1 }

func main() {
	fmt.Println(C.add(1, 2), C.add(1, 2))
	fmt.Println(C.GoString(C.name(2)), C.call(20), C.weak())
	p := C.point{x: 3, y: 4}
	fmt.Println(float64(C.norm(&p)), C.divide(1000, 7))
	list := []C.int{5, 3, 9, 1}
	C.sort(&list[0], C.int(len(list)))
	fmt.Println(list)
	text := C.CString("from C")
	fmt.Println(C.strlen(text))
	C.puts(text)
	C.fflush(C.stdout)
	C.free(unsafe.Pointer(text))
	path := C.CString("/no/such/folder")
	_, err := C.rmdir(path)
	fmt.Println(err)
	C.free(unsafe.Pointer(path))
}
