// Command methodsdropped reaches methods only through interfaces: the others
// are dropped from the file and from the method tables.
package main

import (
	"os"
	"strings"
)

type speaker interface{ Speak() string }

type dog struct{ name string }

func (d *dog) Speak() string { return d.name + " barks" }

// Fetch is in no interface that is called.
func (d *dog) Fetch() string { return "methods-dropped-marker fetch" }

type cat struct{}

func (cat) Speak() string   { return "meow" }
func (cat) Scratch() string { return "methods-dropped-marker scratch" }

type scratcher interface{ Scratch() string }

//go:noinline
func say(s speaker) string { return s.Speak() }

//go:noinline
func isScratcher(v any) bool { _, ok := v.(scratcher); return ok }

func main() {
	var all []any = []any{&dog{"rex"}, cat{}}
	for _, v := range all {
		os.Stdout.WriteString(say(v.(speaker)) + "\n")
	}
	if isScratcher(cat{}) {
		os.Stdout.WriteString("scratcher\n")
	}
	self, _ := os.ReadFile("/proc/self/exe")
	marker := "methods-dropped" + strings.ToLower("-MARKER ") + "fetch"
	if strings.Contains(string(self), marker) {
		os.Stdout.WriteString("fetch kept\n")
	} else {
		os.Stdout.WriteString("fetch dropped\n")
	}
}
