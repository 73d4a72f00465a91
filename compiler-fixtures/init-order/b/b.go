// Package b logs its initialisation.
package b

import (
	_ "fixture.test/initorder/d"
	"fixture.test/initorder/log"
)

var first = log.Say("b var first")
var second = third + log.Say("b var second")
var third = log.Say("b var third")

func init() { log.Say("b init 1") }
func init() { log.Say("b init 2") }

// Sum keeps the variables.
func Sum() int { return first + second + third }
