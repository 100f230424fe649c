package driver_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// shapes are trees of about n names.
var shapes = map[string]func(n int) []string{
	"flat, numbered": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("logs/file-%07d.json", i))
		}
		return names
	},
	"flat, counted": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("logs/file-%d.json", i))
		}
		return names
	},
	"flat, hashes": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 1))
		for range n {
			names = append(names, fmt.Sprintf("%016x%016x", g.Uint64(), g.Uint64()))
		}
		return names
	},
	"flat, Chinese": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 2))
		for range n {
			r := func() rune { return rune(0x4e00 + g.IntN(0x5000)) }
			names = append(names, "图片/"+string([]rune{r(), r(), r()})+".jpg")
		}
		return names
	},
	"deep": func(n int) (names []string) { // 10 × 10 × … × 40 names
		for i := range n {
			names = append(names, fmt.Sprintf("data/%d/%d/part %d/%d/%02d.bin",
				i/400000, i/40000%10, i/4000%10, i/400%10, i%400))
		}
		return names
	},
	"days": func(n int) (names []string) {
		at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			names = append(names, at.Add(time.Duration(i)*7*time.Minute).
				Format("tenant/2006/01/02/15/0405.json"))
		}
		return names
	},
	"words": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 3))
		for len(names) < n {
			dir := "shop/" + word(g) + "-" + word(g) + "/"
			for range 1 + g.IntN(600) {
				names = append(names, dir+word(g)+"/"+word(g)+".txt")
			}
		}
		return names
	},
	"one huge among small": func(n int) (names []string) {
		for i := range n / 8 {
			names = append(names, fmt.Sprintf("a%04d/x", i), fmt.Sprintf("z%04d/x", i))
		}
		for i := range n - 2*len(names) {
			names = append(names, fmt.Sprintf("huge/%x.dat", i*7919))
		}
		return names
	},
	"small directories": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("users/%06x/%d", i/3*7919%0x1000000, i%3))
		}
		return names
	},
}

func word(g *rand.Rand) string {
	w := make([]byte, 2+g.IntN(7))
	for i := range w {
		w[i] = "eeeettaaooiinnsshhrrddlucmfywgpbvkxqjz"[g.IntN(38)]
	}
	return string(w)
}

// oddPieces are pieces of names that sort in surprising places, or are no legal names.
var oddPieces = []string{
	"a", "a/", "a-", "a0", "a/b", "a//b", "/", "//", "-", ".", "0", "00", "9", "A", "~", "é", "日",
	"日本", "\U0001F600", "\uE000", "\uFFFD", "\x01", "\x7f", "\\", "\xff", "\x80", "%2F", " ", "+",
	"z", "zz", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
}

// randomTree returns up to n names.
func randomTree(g *rand.Rand, n int) []string {
	var names []string
	kind, depth := g.IntN(4), 1+g.IntN(6)
	for range 1 + g.IntN(n) {
		var s strings.Builder
		for i := range depth {
			if i > 0 && g.IntN(8) > 0 {
				s.WriteByte('/')
			}
			switch kind {
			case 0:
				s.WriteString(oddPieces[g.IntN(len(oddPieces))])
			case 1:
				fmt.Fprintf(&s, "%02d", g.IntN(30))
			case 2:
				s.WriteString(word(g))
			default:
				s.WriteByte("abcdefgh"[g.IntN(1+g.IntN(8))])
			}
		}
		names = append(names, s.String())
	}
	return names
}

// randomOptions returns a directory of the names, or "", and options.
func randomOptions(g *rand.Rand, names []string) (dir string, o files.ListOptions) {
	o = files.ListOptions{Foreign: g.IntN(2) == 0, PageSize: g.IntN(3) * g.IntN(20)}
	some := names[g.IntN(len(names))]
	if i := strings.IndexByte(some, '/'); i > 0 && g.IntN(3) == 0 &&
		files.CheckName(some[:i]) == nil {
		dir = some[:i]
	}
	if g.IntN(3) == 0 {
		o.StartAfter = some[:g.IntN(len(some)+1)] + oddPieces[g.IntN(len(oddPieces))]
	}
	if g.IntN(6) == 0 {
		o.Prefix = some[:g.IntN(min(4, len(some)+1))]
	}
	return dir, o
}
