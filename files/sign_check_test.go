package files_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestMethodThatCannotBeSigned: the error names it, because a HEAD is reported as
// "sign get", the operation that it is one of.
func TestMethodThatCannotBeSigned(t *testing.T) {
	for method, named := range map[string]string{"": "GET", "PUT": "PUT", "HEAD": "HEAD"} {
		err := files.SignOptions{Method: method}.Check(files.Features{})
		if !errors.Is(err, errors.ErrUnsupported) ||
			!strings.HasSuffix(err.Error(), "can't sign URLs for "+named) {
			t.Errorf("%q: %v", method, err)
		}
	}
}
