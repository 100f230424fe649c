package files_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestPutFSIntoTooLongName: PutFS refuses a directory whose name is too long before it
// reads anything, even if it would store nothing in it.
func TestPutFSIntoTooLongName(t *testing.T) {
	dir := strings.Repeat("d", files.MaxName+1)
	_, err := files.PutFS(t.Context(), mem.New(nil), dir, fstest.MapFS{}, nil)
	if e, ok := errors.AsType[*files.Error](err); !ok || e.Kind != files.ErrInvalidName ||
		e.Op != files.OpPut || e.Name != dir {
		t.Errorf("%v, want ErrInvalidName of the directory", err)
	}
}
