package stack

import "testing"

func TestStack(t *testing.T) {
	var s Stack[string]
	s.Push("a")
	if v, ok := s.Pop(); v != "a" || !ok {
		t.Fatal(v, ok)
	}
	if _, ok := s.Pop(); ok {
		t.Fatal("not empty")
	}
}

func BenchmarkPush(b *testing.B) {
	var s Stack[int]
	for range b.N {
		s.Push(1)
	}
}

func FuzzStack(f *testing.F) {
	f.Add("seed")
	f.Fuzz(func(t *testing.T, text string) {
		var s Stack[byte]
		for i := range len(text) {
			s.Push(text[i])
		}
	})
}
