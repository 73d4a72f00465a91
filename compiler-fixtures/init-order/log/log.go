// Package log remembers what was said.
package log

// Lines are what was said.
var Lines []string

// Say adds a line.
func Say(s string) int { Lines = append(Lines, s); return len(Lines) }
