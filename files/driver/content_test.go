package driver_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// nothing returns nothing, and no error.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

// TestPutNothing: content that returns nothing again and again ends the Put, even while
// its type is being found, instead of being read without end.
func TestPutNothing(t *testing.T) {
	bucket := driver.New(mapdriver.New())
	for _, name := range []string{"a.txt", "a"} {
		_, err := bucket.Put(t.Context(), name,
			io.MultiReader(strings.NewReader("text"), nothing{}), nil)
		if !errors.Is(err, io.ErrNoProgress) || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v; want ErrInvalid, for io.ErrNoProgress", name, err)
		}
		if ok, err := files.Exists(t.Context(), bucket, name); ok || err != nil {
			t.Errorf("%s is there: %v, %v; want no", name, ok, err)
		}
	}
}
