// Command assembly has functions and data in assembly, called both ways.
package main

import "fmt"

// Exported is defined in assembly.
var Exported int64

var pointer *int64

func weigh(list []int64) int64
func call(f func(int64) int64, n int64) int64
func tail() int64
func seven() int64
func text() *[8]byte
func viaStatic() int64

func back(n int64) int64 { return n * 2 }

func main() {
	fmt.Println(weigh([]int64{1, 2, 3}), call(nil, 21), tail(), seven(), viaStatic())
	Exported++
	fmt.Println(*pointer, string(text()[:]), pointer == &Exported)
}
