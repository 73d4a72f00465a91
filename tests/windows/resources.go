// Command resources prints the resources that it was linked with.
package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

const rcdata = 10

var (
	kernel32 = syscall.NewLazyDLL("kernel32.dll")
	find     = kernel32.NewProc("FindResourceW")
	load     = kernel32.NewProc("LoadResource")
	lock     = kernel32.NewProc("LockResource")
	size     = kernel32.NewProc("SizeofResource")
)

func main() {
	for id := uintptr(1); ; id++ {
		resource, _, _ := find.Call(0, id, rcdata)
		if resource == 0 {
			return
		}
		length, _, _ := size.Call(0, resource)
		loaded, _, _ := load.Call(0, resource)
		first, _, _ := lock.Call(loaded)
		text := unsafe.Slice(*(**byte)(unsafe.Pointer(&first)), length)
		fmt.Printf("%d %q\n", id, text)
	}
}
