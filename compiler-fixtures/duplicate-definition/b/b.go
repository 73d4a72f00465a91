// Package b defines a symbol that another package defines too.
package b

import _ "unsafe"

//go:linkname clash fixture.test/duplicate.clash
func clash() string { return "b" }

// Run calls it.
func Run() string { return clash() }
