// Command module is a program that can open plugins, and as a plugin one that offers something. It has package
// runtime/cgo without any C, which is enough for a linker to take it for a program with C code.
package main

import (
	"fmt"
	"os"
	"plugin"
	_ "runtime/cgo"
	"strings"
)

// Pair is a type with a long name wherever it is instantiated.
type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

// String is a method that reflection finds.
func (p Pair[K, V]) String() string { return fmt.Sprint(p.Key, "=", p.Value) }

// Greeting is initialised data, Count is not, Numbers have no pointers.
var (
	Greeting = "hello"
	Count    int
	Numbers  = [...]int{1, 2, 3}
	Names    []string
)

// Greet is looked up.
func Greet(name string) fmt.Stringer {
	Count++
	Names = append(Names, strings.ToUpper(name))
	return Pair[string, map[string][]int]{Greeting, map[string][]int{name: Numbers[:]}}
}

func main() {
	for _, file := range os.Args[1:] {
		p, err := plugin.Open(file)
		fmt.Println(p, err)
	}
	fmt.Println(Greet("module"))
}
