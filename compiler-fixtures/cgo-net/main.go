// Command cgonet looks up users and hosts with the C library.
package main

import (
	"fmt"
	"net"
	"os/user"
	"sync"
)

func main() {
	root, err := user.LookupId("0")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, unknown := user.Lookup("no such user")
	fmt.Println(root.Username, unknown)
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := net.LookupHost("localhost"); err != nil {
				fmt.Println(err)
			}
		}()
	}
	all.Wait()
	_, err = net.LookupHost("host.invalid")
	fmt.Println(err != nil)
}
