package check

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// TestWantErrText checks that a failure names the sentinel, and says what to return if
// two sentinels have the same text.
func TestWantErrText(t *testing.T) {
	path := func(cause error) error { return &fs.PathError{Op: "open", Path: "a", Err: cause} }
	for _, c := range []struct {
		err, want error
		says      string
	}{
		{nil, files.ErrNotExist, `got no error, want an error that is files.ErrNotExist (`},
		{files.ErrExist, files.ErrNotExist, "files.ErrNotExist"},
		{fs.ErrNotExist, files.ErrNotExist, "the cause is fs.ErrNotExist"},
		{path(fs.ErrExist), files.ErrExist, "return files.ErrExist"},
		{
			errors.New(files.ErrChanged.Error()),
			files.ErrChanged,
			"the texts are the same, but errors.Is",
		},
		{errors.New("odd"), ErrReader, fmt.Sprintf("want an error that is %q", ErrReader)},
	} {
		r := suite.NewRecorder(t.Context())
		WantErr(r, "Get", c.err, c.want)
		r.RunCleanups()
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("WantErr(%v, %v): the failure is %v, want %q in it",
				c.err, c.want, err, c.says)
		}
	}
}
