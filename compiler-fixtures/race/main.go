// Command race runs under the race detector, and has a race if it is asked for one.
package main

import (
	"fmt"
	"os"
	"sync"
)

func main() {
	var (
		all   sync.WaitGroup
		lock  sync.Mutex
		count int
	)
	add := func() {
		if len(os.Args) == 1 {
			lock.Lock()
			defer lock.Unlock()
		}
		count++
	}
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			add()
		}()
	}
	all.Wait()
	fmt.Println(count)
}
