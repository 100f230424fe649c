package signing_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/signing"
)

// TestSizesOfForms: the error names the field that is wrong.
func TestSizesOfForms(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.S3))
	for want, o := range map[string]*signing.PostOptions{
		"MaxSize is 0; ":  {},
		"MaxSize is -1; ": {MaxSize: -1},
		"MinSize is 6; it must be from 0 to MaxSize, 5": {MaxSize: 5, MinSize: 6},
		"MinSize is -1; ": {MaxSize: 5, MinSize: -1},
	} {
		_, err := signing.SignPost(t.Context(), b, "a", o)
		if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := signing.SignPost(t.Context(), b, "a", &signing.PostOptions{
		MaxSize: 5,
		MinSize: 5,
	}); err != nil {
		t.Error(err)
	}
}
