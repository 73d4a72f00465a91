// Package a logs its initialisation.
package a

import (
	_ "fixture.test/initorder/c"
	"fixture.test/initorder/log"
)

var first = log.Say("a var first")
var second = third + log.Say("a var second")
var third = log.Say("a var third")

func init() { log.Say("a init 1") }
func init() { log.Say("a init 2") }

// Sum keeps the variables.
func Sum() int { return first + second + third }
