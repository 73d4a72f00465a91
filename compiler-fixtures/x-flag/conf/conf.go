// Package conf has variables for -X.
package conf

// Version and the others are set by the linker.
var (
	Version  = "unset"
	Empty    string
	Unused   = "not reached"
	NotText  = 5
	Computed = func() string { return "computed" }()
)
