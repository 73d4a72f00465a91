// Command opener opens the plugin that it is given.
package main

import (
	"fmt"
	"os"
	"plugin"
	"reflect"
)

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		fmt.Println("refused")
		os.Exit(3)
	}
	greeting, err := p.Lookup("Greeting")
	if err != nil {
		panic(err)
	}
	*greeting.(*string) = "good morning"
	greet, err := p.Lookup("Greet")
	if err != nil {
		panic(err)
	}
	fmt.Println(greet.(func(string) string)("plugin"))
	point, err := p.Lookup("Point")
	if err != nil {
		panic(err)
	}
	fmt.Println(point.(func() fmt.Stringer)())
	program, err := p.Lookup("Program")
	if err != nil {
		panic(err)
	}
	entry := func(f func()) uintptr { return reflect.ValueOf(f).Pointer() }
	fmt.Println(entry(*program.(*func())) == entry(main))
	_, err = p.Lookup("Nothing")
	fmt.Println(err != nil)
}
