// Command nosplitoverflow needs more stack than a nosplit chain may use.
package main

func deep()
func deeper()
func deepest()

func main() { deep() }
