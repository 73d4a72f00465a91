// Package d logs its initialisation.
package d

import (
	"fixture.test/initorder/log"
)

var first = log.Say("d var first")
var second = third + log.Say("d var second")
var third = log.Say("d var third")

func init() { log.Say("d init 1") }
func init() { log.Say("d init 2") }

// Sum keeps the variables.
func Sum() int { return first + second + third }
