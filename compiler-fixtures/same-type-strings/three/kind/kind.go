// Package kind has the same name and types as two other packages.
package kind

// Thing is one of three types written kind.Thing.
type Thing [3]int8

// Name is a method.
func (t *Thing) Name() string { return "three" }
