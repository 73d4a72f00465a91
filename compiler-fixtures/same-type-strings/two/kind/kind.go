// Package kind has the same name and types as another package.
package kind

// Thing is one of two types written kind.Thing.
type Thing struct {
	A string
	B []byte
}

// Name is a method.
func (t *Thing) Name() string { return "two" }

// Pair is one of two types written kind.Pair.
type Pair[T any] struct {
	L, R T
	N    int
}
