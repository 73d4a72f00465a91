// Package inner gives and takes by linkname.
package inner

import _ "unsafe"

//go:linkname pushed fixture.test/linknamegood.given
func pushed(n int) int { return n + 100 }

// secret is pulled by main.
//
//go:linkname secret
func secret() string { return "secret" }

//go:linkname counter
var counter = 5

// Counter reads it.
func Counter() int { return counter }
