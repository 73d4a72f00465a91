// Package a defines a symbol that another package defines too.
package a

import _ "unsafe"

//go:linkname clash fixture.test/duplicate.clash
func clash() string { return "a" }

// Run calls it.
func Run() string { return clash() }
