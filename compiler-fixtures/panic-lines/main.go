// Command paniclines panics in itself, run again as a child, and prints the
// names and lines of the trace. They come from tables that -s and -w leave.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"fixture.test/paniclines/deep"
)

func main() {
	if len(os.Args) > 1 {
		child(os.Args[1])
		return
	}
	for _, kind := range []string{"index", "nil", "goroutine", "error", "deferred", "fatal"} {
		cmd := exec.Command("/proc/self/exe", kind)
		cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
		out, err := cmd.CombinedOutput()
		fmt.Println("==", kind, err)
		fmt.Print(clean(string(out)))
	}
}

var (
	numbers = regexp.MustCompile(`0x[0-9a-f]+|\+0x[0-9a-f]+|goroutine \d+( gp=\S+)?|\(\.\.\.\)|\(\{?0x.*\)`)
	places  = regexp.MustCompile(`/[^ \t]*/(\w+\.go:\d+)`)
)

// clean drops addresses and folders, and the frames of the runtime, whose
// lines differ from release to release.
func clean(text string) string {
	var kept strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		line = places.ReplaceAllString(line, "$1")
		line = numbers.ReplaceAllString(line, "#")
		if strings.Contains(line, "main.") || strings.Contains(line, "paniclines/") ||
			strings.Contains(line, "deep.go") || strings.Contains(line, "main.go") ||
			strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func child(kind string) {
	switch kind {
	case "index":
		deep.Level(3, []int{1, 2, 3})
	case "nil":
		(&deep.T{}).Value()
	case "goroutine":
		done := make(chan bool)
		go func() {
			defer close(done)
			deep.Level(0, nil)
		}()
		<-done
		select {}
	case "error":
		panic(fmt.Errorf("wrapped: %w", os.ErrNotExist))
	case "deferred":
		defer func() {
			recover()
			var m map[string]int
			m["x"] = 1
		}()
		panic("first")
	case "fatal":
		ch := make(chan int)
		<-ch
	}
}
