package term

import (
	"fmt"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"line\n\tnext\n":       "line\n\tnext\n",
		"a\u009b31mb\nc\td":    `a\u009b31mb` + "\nc\td",
		"\u202etxt.exe":        `\u202etxt.exe`,
		"x\x1b[31m\ry\xff\x7f": `x\x1b[31m\ry\xff\x7f`,
		"größe 漢字 😀":           "größe 漢字 😀",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
		var b strings.Builder
		if n, err := fmt.Fprint(Writer(&b), in); n != len(in) || err != nil || b.String() != want {
			t.Errorf("Write(%q) wrote %q: %d, %v", in, &b, n, err)
		}
		if got := Sprintf("%s", in); got != want {
			t.Errorf("Sprintf of %q = %q", in, got)
		}
	}
}
