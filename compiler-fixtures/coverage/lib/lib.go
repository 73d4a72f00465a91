// Package lib is covered in part.
package lib

// Sign has three blocks.
func Sign(n int) int {
	if n < 0 {
		return -1
	}
	if n > 0 {
		return 1
	}
	return 0
}
