// Command linknamegood refers across packages by linkname.
package main

import (
	"fmt"
	_ "unsafe"

	"fixture.test/linknamegood/inner"
)

//go:linkname given fixture.test/linknamegood.given
func given(n int) int

//go:linkname secret fixture.test/linknamegood/inner.secret
func secret() string

//go:linkname count fixture.test/linknamegood/inner.counter
var count int

//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname fastrand runtime.fastrand
func fastrand() uint32

func main() {
	count++
	fmt.Println(given(1), secret(), inner.Counter(), nanotime() > 0)
	_ = fastrand()
}
