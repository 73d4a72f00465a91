// Package deep panics below inlined calls.
package deep

// Level calls down.
//
//go:noinline
func Level(n int, list []int) int {
	if n == 0 {
		return pick(list, 7)
	}
	return Level(n-1, list) + 1
}

func pick(list []int, i int) int { return list[i] }

// T has a method that panics.
type T struct{ p *int }

// Value reads through a nil pointer.
func (t *T) Value() int { return *t.p }
