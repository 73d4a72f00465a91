// Package use instantiates the same types as main.
package use

import "fixture.test/generics/set"

// Local is a type argument from another package.
type Local string

// Sets are instances that main has too.
func Sets() []any {
	return []any{set.Of(3, 1, 2), set.Of(Local("x")), set.Of[float64](1.5)}
}
