// Command exceptions does what goes through Windows and back: faults, callbacks, a child that panics.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

type node struct {
	next *node
	n    int
}

//go:noinline
func length(list *node) int { return list.n + length(list.next) }

//go:noinline
func divide(a, b int) int { return a / b }

func recovered(f func() int) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	return fmt.Sprint(f())
}

func main() {
	if len(os.Args) > 1 {
		fmt.Println("child", os.Args[1], length(&node{}))
		return
	}
	fmt.Println(recovered(func() int { return length(&node{n: 1}) }))
	fmt.Println(recovered(func() int { return divide(1, len(os.Args)-1) }))

	count := 0
	callback := syscall.NewCallback(func(locale *uint16, flags uint32, data uintptr) uintptr {
		count += int(data)
		return 0
	})
	kernel32 := syscall.NewLazyDLL("kernel32.dll")
	kernel32.NewProc("EnumSystemLocalesEx").Call(callback, 0, 7, 0)
	fmt.Println("callback", count)

	self, err := os.Executable()
	if err != nil {
		fmt.Println(err)
	}
	printed, err := exec.Command(self, "faults").CombinedOutput()
	fmt.Println(err)
	for _, line := range strings.Split(string(printed), "\n") {
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "main.") {
			name, _, _ := strings.Cut(line, "(0x")
			fmt.Println(name)
		}
	}
}
