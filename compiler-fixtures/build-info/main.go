// Command buildinfo reads what the linker wrote about the build.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

func main() {
	info, ok := debug.ReadBuildInfo()
	fmt.Println(ok, info.Path, info.Main.Path)
	fmt.Println(strings.HasPrefix(info.GoVersion, "go1."), info.GoVersion == runtime.Version())
	for _, s := range info.Settings {
		if s.Key == "GOOS" || s.Key == "GOARCH" || s.Key == "-buildmode" || s.Key == "CGO_ENABLED" {
			fmt.Println(s.Key, s.Value)
		}
	}
}
