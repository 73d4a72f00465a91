// Package tilde lives in a folder with marks in its name.
package tilde

// Value is used.
func Value() string { return "tilde" }
