package local

import (
	"errors"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// If the system can't give a name to a staged file, a Put that replaces a file stages it
// again with a name, and later ones don't try it. Any other failure is the Put's error.
func TestNoNameForStagedFile(t *testing.T) {
	for cause, want := range map[error]error{
		syscall.EOPNOTSUPP: nil,
		syscall.EIO:        syscall.EIO,
	} {
		hooks := &hookFS{}
		b := openHooked(t, memdir.New(t), &Options{NoSync: true}, hooks)
		putIn(t, b, "b", "b", nil) // the staging folder is there, and no file was replaced
		links := 0
		putIn(t, b, "a", "old", nil)
		hooks.before = func(op, _ string) error {
			if op != "link" {
				return nil
			}
			links++
			return cause
		}
		_, err := files.PutString(t.Context(), b, "a", "new", nil)
		if links == 0 {
			longtest.Lacks(t, "no file is staged without a name here")
		}
		content := "new"
		if want != nil {
			content = "old"
		}
		if s, _ := fetch(t, b, "a"); !errors.Is(err, want) || want == nil && err != nil ||
			s != content {
			t.Errorf("Put if the link fails with %v = %v, want %v; then the file = %q, want %q",
				cause, err, want, s, content)
		}
		if want == nil {
			putIn(t, b, "c", "c", nil)
			putIn(t, b, "d", "d", nil)
			if links != 1 {
				t.Errorf("the link is tried %d times, want once", links)
			}
		}
	}
}
