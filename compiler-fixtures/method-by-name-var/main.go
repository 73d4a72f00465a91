// Command methodbynamevar calls MethodByName with a computed name: every
// exported method stays.
package main

import (
	"fmt"
	"os"
	"reflect"
)

type tool struct{}

func (tool) First() string  { return "first" }
func (tool) Second() string { return "second" }
func (*tool) Third() string { return "third" }

func main() {
	names := []string{"First", "Second", "Third", "Fourth"}
	if len(os.Args) > 1 {
		names = os.Args[1:]
	}
	for _, name := range names {
		if m := reflect.ValueOf(&tool{}).MethodByName(name); m.IsValid() {
			fmt.Println(m.Call(nil)[0])
		} else {
			fmt.Println("none")
		}
	}
}
