package longtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake records how a test would end.
type fake struct{ said []string }

func (f *fake) Helper()      {}
func (f *fake) Name() string { return "TestFake" }
func (f *fake) Fatalf(format string, args ...any) {
	f.said = append(f.said, "fatal: "+fmt.Sprintf(format, args...))
}
func (f *fake) Skipf(format string, args ...any) {
	f.said = append(f.said, "skip: "+fmt.Sprintf(format, args...))
}

// TestOnlySaysHowToRunTheRest: a test that is left out says by which variable it runs,
// and is noted where .ci/run looks.
func TestOnlySaysHowToRunTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "left")
	t.Setenv(leftOutVariable, path)
	for value, on := range map[string]bool{"": false, "0": false, "false": false, "1": true} {
		t.Setenv(Variable, value)
		os.Remove(path)
		f := &fake{}
		Only(f, "it moves 4 GiB")
		n := N(f, 10, 1000)
		said, left := strings.Join(f.said, "\n"), ""
		if text, err := os.ReadFile(path); err == nil {
			left = string(text)
		}
		if On() != on || (n == 1000) != on || (said == "") != on || (left == "") != on {
			t.Errorf("with %q: said %q, %d rounds, noted %q", value, said, n, left)
		}
		if want := "skip: long: it moves 4 GiB; CLOUDFILES_LONG=1 runs it"; !on && said != want {
			t.Errorf("with %q: said %q, want %q", value, said, want)
		}
		const noted = "TestFake: it moves 4 GiB\nTestFake: 10 instead of 1000\n"
		if !on && left != noted {
			t.Errorf("with %q: noted %q, want %q", value, left, noted)
		}
	}
	t.Setenv(Variable, "")
	t.Setenv(leftOutVariable, filepath.Join(path, "nowhere"))
	f := &fake{}
	Only(f, "")
	if len(f.said) == 0 || !strings.HasPrefix(f.said[0], "fatal: ") {
		t.Errorf("where nothing can be noted: %q", f.said)
	}
}

// TestEachOf: every trial is made with the long tests alone.
func TestEachOf(t *testing.T) {
	whole := 1
	if testing.Short() {
		whole = 3
	}
	for value, want := range map[string]int{"": 6, "1": whole} {
		t.Setenv(Variable, value)
		t.Setenv(leftOutVariable, "")
		if got := EachOf(&fake{}, 6, 3); got != want {
			t.Errorf("with %q it is each %d-th, want %d", value, got, want)
		}
	}
}
