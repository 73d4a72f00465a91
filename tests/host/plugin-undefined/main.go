// Package main is a plugin whose data refers to what nothing defines.
package main

import "C"

import _ "unsafe" // for go:linkname

//go:linkname missing elsewhere.missing
func missing()

// Missing is looked up.
var Missing = missing

func main() {}
