// Command methodbynameconst calls MethodByName with a constant: the linker
// keeps methods of that name only.
package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
)

type tool struct{}

func (tool) Wanted() string   { return "wanted" }
func (tool) Unwanted() string { return "by-name-marker unwanted" }

func main() {
	m := reflect.ValueOf(tool{}).MethodByName("Wanted")
	fmt.Println(m.Call(nil)[0])
	if t, ok := reflect.TypeOf(tool{}).MethodByName("Wanted"); ok {
		fmt.Println(t.Name, t.Type)
	}
	self, _ := os.ReadFile("/proc/self/exe")
	fmt.Println("kept:", strings.Contains(string(self), "by-name"+strings.ToLower("-MARKER")+" unwanted"))
}
