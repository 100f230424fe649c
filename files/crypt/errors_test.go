package crypt_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// TestErrorsOfNew are files.Errors that name the operation, as those of every layer.
func TestErrorsOfNew(t *testing.T) {
	for want, o := range map[string]*crypt.Options{
		"crypt.Options has no key":        nil,
		`the secret of the key "a" has 5`: {Keys: []crypt.Key{{ID: "a", Secret: []byte("short")}}},
	} {
		b, err := crypt.New(mem.New(nil), o)
		var e *files.Error
		if b != nil || !errors.As(err, &e) || e.Op != files.OpOpen || e.Kind != files.ErrInvalid ||
			!strings.HasPrefix(err.Error(), "files: open: invalid argument: "+want) {
			t.Errorf("New = %v, %v, want ErrInvalid and %q", b, err, want)
		}
	}
}
