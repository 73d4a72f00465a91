// Package main is a plugin.
package main

import "C"

import (
	"fmt"
	_ "unsafe" // for go:linkname
)

// program is the main function of the program that opens the plugin.
//
//go:linkname program main.main
func program()

// Program is looked up.
var Program = program

// Greeting is looked up.
var Greeting = "hello"

// Count counts its calls.
var count int

func init() { count = 10 }

// Greet is looked up.
func Greet(name string) string {
	count++
	return fmt.Sprintf("%s, %s (%d)", Greeting, name, count)
}

type point struct{ x, y int }

func (p point) String() string { return fmt.Sprintf("<%d %d>", p.x, p.y) }

// Point gives a value whose type only the plugin knows.
func Point() fmt.Stringer { return point{1, 2} }

func main() {}
