// Command pproflabels takes profiles of itself and reads them back.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"
)

//go:noinline
func spin(d time.Duration) (n int) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := range 100_000 {
			n += i ^ n
		}
	}
	return n
}

func text(gz []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return err.Error()
	}
	all, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(all)
}

func main() {
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		fmt.Println(err)
		return
	}
	pprof.Do(context.Background(), pprof.Labels("part", "spinning"), func(context.Context) {
		spin(400 * time.Millisecond)
	})
	pprof.StopCPUProfile()
	profile := text(cpu.Bytes())
	for _, want := range []string{"main.spin", "main.main", "part", "spinning", "main.go"} {
		fmt.Println(want, strings.Contains(profile, want))
	}
	var stacks bytes.Buffer
	done := make(chan bool)
	go pprof.Do(context.Background(), pprof.Labels("who", "waiter"), func(context.Context) { <-done })
	time.Sleep(10 * time.Millisecond)
	pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	close(done)
	fmt.Println(strings.Contains(stacks.String(), `"who":"waiter"`))
	if len(os.Args) > 1 {
		os.WriteFile(os.Args[1], cpu.Bytes(), 0o644)
	}
}
