// Command embedded has files in strings, slices and a file system.
package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed files/a.txt
var text string

//go:embed files/sub/b.txt
var raw []byte

//go:embed big.txt
var big string

//go:embed files
var tree embed.FS

//go:embed files/a.txt files/sub/b.txt
var unused embed.FS

func main() {
	fmt.Printf("%q %q %d %c\n", text, raw, len(big), big[len(big)-1])
	fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		fmt.Println(path, d.IsDir(), err)
		return nil
	})
}
