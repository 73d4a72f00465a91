// Command callers asks the runtime for its frames, inlined ones too.
package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

func leaf(skip int) []string {
	pcs := make([]uintptr, 20)
	n := runtime.Callers(skip, pcs)
	frames := runtime.CallersFrames(pcs[:n])
	var list []string
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "main.") {
			list = append(list, fmt.Sprintf("%s %s:%d", frame.Function, filepath.Base(frame.File), frame.Line))
		}
		if !more {
			return list
		}
	}
}

func inlined(skip int) []string { return leaf(skip) }

//go:noinline
func notInlined(skip int) []string { return inlined(skip) }

type generic[T any] struct{ v T }

func (g *generic[T]) method() []string { return inlined(1) }

type runner interface{ method() []string }

func main() {
	show := func(list []string) {
		for _, line := range list {
			fmt.Println(line)
		}
		fmt.Println()
	}
	show(leaf(1))
	show(inlined(1))
	show(notInlined(1))
	var r runner = &generic[string]{}
	show(r.method())
	func() { defer func() { recover(); show(notInlined(2)) }(); panic(1) }()
	for range func(yield func() bool) { yield() } {
		show(inlined(1))
	}
	_, file, line, ok := runtime.Caller(0)
	fmt.Println(filepath.Base(file), line, ok)
}
