package compress_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
)

// TestErrorsOfNew are files.Errors that name the operation, as those of every layer.
func TestErrorsOfNew(t *testing.T) {
	for want, o := range map[string]*compress.Options{
		"the level 23 is not from 1 to 22": {Level: 23},
		"negative MaxUnmarked -1":          {MaxUnmarked: -1},
	} {
		b, err := compress.New(mem.New(nil), o)
		var e *files.Error
		if b != nil || !errors.As(err, &e) || e.Op != files.OpOpen || e.Kind != files.ErrInvalid ||
			!strings.HasPrefix(err.Error(), "files: open: invalid argument: "+want) {
			t.Errorf("New = %v, %v, want ErrInvalid and %q", b, err, want)
		}
	}
}
