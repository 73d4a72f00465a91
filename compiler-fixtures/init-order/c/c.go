// Package c logs its initialisation.
package c

import (
	"fixture.test/initorder/log"
)

var first = log.Say("c var first")
var second = third + log.Say("c var second")
var third = log.Say("c var third")

func init() { log.Say("c init 1") }
func init() { log.Say("c init 2") }

// Sum keeps the variables.
func Sum() int { return first + second + third }
