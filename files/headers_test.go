package files_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestEachHeaderLimit: each header may be as long as its limit and no longer, and all
// together as long as theirs; every printable ASCII character may be in it.
func TestEachHeaderLimit(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	for what, c := range map[string]struct {
		most int
		set  func(a *files.Attributes, v string)
	}{
		"type":  {files.MaxHeader, func(a *files.Attributes, v string) { a.ContentType = v }},
		"cache": {files.MaxHeader, func(a *files.Attributes, v string) { a.CacheControl = v }},
		"disposition": {files.MaxHeader, func(a *files.Attributes, v string) {
			a.ContentDisposition = v
		}},
		"encoding": {files.MaxHeader, func(a *files.Attributes, v string) {
			a.ContentEncoding = v
		}},
		"language": {files.MaxContentLanguage, func(a *files.Attributes, v string) {
			a.ContentLanguage = v
		}},
	} {
		for _, good := range []string{text(c.most), "~", "! ~", "a"} {
			var a files.Attributes
			c.set(&a, good)
			if _, err := a.Normalize(); err != nil {
				t.Errorf("%s of %d bytes, %.5q: %v", what, len(good), good, err)
			}
		}
		for _, bad := range []string{text(c.most + 1), " a", "a ", " ", "a\x7fb", "a\x1fb", "\t"} {
			var a files.Attributes
			c.set(&a, bad)
			if _, err := a.Normalize(); !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s of %d bytes, %.5q: %v, want ErrInvalid", what, len(bad), bad, err)
			}
		}
	}
	all := files.Attributes{
		ContentType:        text(files.MaxHeader),
		CacheControl:       text(files.MaxHeaders - files.MaxHeader - 3),
		ContentDisposition: "d",
		ContentEncoding:    "e",
		ContentLanguage:    "l",
	}
	if _, err := all.Normalize(); err != nil {
		t.Errorf("headers of %d bytes: %v", files.MaxHeaders, err)
	}
	all.ContentLanguage = "ll"
	if _, err := all.Normalize(); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("headers of %d bytes: %v, want ErrInvalid", files.MaxHeaders+1, err)
	}
}
