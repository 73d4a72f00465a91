// Package cd lives in a folder with a dot, which is escaped in symbol names.
package cd

// Größe has letters outside ASCII.
type Größe struct{ Länge, 宽 int }

// 名 is a method that is not exported; Ünit is.
func (g Größe) 名() int { return g.Länge }

// Ünit is exported.
func (g Größe) Ünit() int { return g.宽 + g.名() }

// Set is for -X.
var Set = "unset"
