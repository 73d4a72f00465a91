// Command goroutinestls runs on many threads, with timers, signals and locks.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	var wg sync.WaitGroup
	sums := make([]int, 16)
	for i := range sums {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for j := range 1000 {
				sums[i] += j
				if j%100 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	wg.Wait()
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	select {
	case s := <-caught:
		fmt.Println(s)
	case <-ctx.Done():
		fmt.Println("no signal")
	}
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timer")
	case <-ctx.Done():
	}
	total := 0
	for _, s := range sums {
		total += s
	}
	fmt.Println(total)
}
