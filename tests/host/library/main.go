// Package main is a library for C.
package main

/*
#include <stdint.h>
#include <stdlib.h>

typedef int64_t (*hook)(int64_t);
static int64_t call(hook h, int64_t v) { return h(v); }
*/
import "C"

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

var (
	mu    sync.Mutex
	table = map[string]int{"one": 1, "two": 2}
	total int
)

func init() { total = len(table) }

// Add adds.
//
//export Add
func Add(a, b C.int64_t) C.int64_t { return a + b }

// Apply calls back into C.
//
//export Apply
func Apply(h C.hook, v C.int64_t) C.int64_t { return C.call(h, v) + 1 }

// Describe gives a text that is to be freed.
//
//export Describe
func Describe(n C.int) *C.char {
	mu.Lock()
	defer mu.Unlock()
	keys := make([]string, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	done := make(chan string)
	go func() { done <- fmt.Sprintf("%d of %d: %s", int(n), total, strings.Join(keys, ", ")) }()
	return C.CString(<-done)
}

func main() {}
