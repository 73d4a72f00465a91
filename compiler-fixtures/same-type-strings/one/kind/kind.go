// Package kind has the same name and types as another package.
package kind

// Thing is one of two types written kind.Thing.
type Thing struct{ A int }

// Name is a method.
func (t *Thing) Name() string { return "one" }

// Pair is one of two types written kind.Pair.
type Pair[T any] struct{ L, R T }
