// Package tables has large package-level maps. Their initialisers are
// separate functions that the linker drops when the map is unreachable.
package tables

// Used is read by the program.
var Used = map[string]int{
	"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9,
	"j": 10, "k": 11, "l": 12, "m": 13, "n": 14, "o": 15, "p": 16, "q": 17,
	"r": 18, "s": 19, "t": 20, "u": 21, "v": 22, "w": 23, "x": 24, "y": 25, "z": 26,
}

// Unused is read by nobody.
var Unused = map[string]func() string{
	"a": one, "b": one, "c": one, "d": one, "e": one, "f": one, "g": one, "h": one, "i": one,
	"j": two, "k": two, "l": two, "m": two, "n": two, "o": two, "p": two, "q": two,
	"r": two, "s": two, "t": two, "u": two, "v": two, "w": two, "x": two, "y": two, "z": two,
}

func one() string { return "only the pruned map refers to one" }
func two() string { return "only the pruned map refers to two" }

func three() string { return "three is called all the same" }

// AlsoUnused has an initialiser that calls.
var AlsoUnused = map[int]string{
	1: three(), 2: "b", 3: "c", 4: "d", 5: "e", 6: "f", 7: "g", 8: "h", 9: "i", 10: "j",
	11: "k", 12: "l", 13: "m", 14: "n", 15: "o", 16: "p", 17: "q", 18: "r", 19: "s", 20: "t",
	21: "u", 22: "v", 23: "w", 24: "x", 25: "y", 26: three(),
}
