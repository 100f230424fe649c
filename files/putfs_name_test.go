package files_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// A directory whose name is too long is refused before anything is read, even if
// nothing would be stored in it.
func TestPutFSIntoTooLongName(t *testing.T) {
	dir := strings.Repeat("d", files.MaxName+1)
	_, err := files.PutFS(t.Context(), mem.New(nil), dir, fstest.MapFS{}, nil)
	if e, ok := errors.AsType[*files.Error](err); !ok || e.Kind != files.ErrInvalidName ||
		e.Op != files.OpPut || e.Name != dir {
		t.Errorf("%v, want ErrInvalidName of the directory", err)
	}
}
