// Package quiet has nothing but a pruned map in its initialiser.
package quiet

// Never is read by nobody.
var Never = map[string][]int{
	"a": {1}, "b": {2}, "c": {3}, "d": {4}, "e": {5}, "f": {6}, "g": {7}, "h": {8}, "i": {9},
	"j": {1}, "k": {2}, "l": {3}, "m": {4}, "n": {5}, "o": {6}, "p": {7}, "q": {8}, "r": {9},
	"s": {1}, "t": {2}, "u": {3}, "v": {4}, "w": {5}, "x": {6}, "y": {7}, "z": {8},
}

// Here says that the package is linked.
func Here() string { return "quiet" }
