// Package dep is in a shared library of its own, which is linked with another one.
package dep

import (
	"errors"
	"fmt"

	"host.test/shared/base"
)

var _ = base.Initialized("dep")

// Square has a method that only other modules call, by an interface.
type Square struct{ Side int }

func (s Square) Area() int { return s.Side * s.Side }

func (s Square) String() string { return fmt.Sprintf("square of %d", s.Side) }

// Extra holds pointers in types of this and another library.
var Extra struct {
	Names [2]base.Name
	Inner [2]struct {
		_ int
		E error
	}
}

// ErrOdd is compared by other modules.
var ErrOdd = errors.New("odd")

// Half fails for odd numbers.
func Half(n int) (half int, err error) {
	defer func() {
		if r := recover(); r != nil {
			half, err = -1, fmt.Errorf("half of %d: %w", n, ErrOdd)
		}
	}()
	if n%2 != 0 {
		panic(n)
	}
	return n / 2, nil
}

// New allocates a name.
func New(text string) base.Name {
	return base.Name{Text: &text, Next: &base.Name{}}
}
