// Command linedirectives claims to come from other files.
package main

import (
	"fmt"
	"path/filepath"
	"runtime"
)

func where() string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprint(filepath.ToSlash(file), ":", line)
}

//line /made/up/grammar.y:100
func first() string { return where() }

//line other.y:7:9
func second() string {
	return /*line inner.y:900:1*/ where()
}

//line main.go:1000
func main() {
	fmt.Println(first())
	fmt.Println(filepath.Base(second()))
	fmt.Println(filepath.Base(where()))
}
