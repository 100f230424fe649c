package files_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestOddURLs: a URL that ends with "#", and a path of one letter, are refused; the text
// for a path shows no host.
func TestOddURLs(t *testing.T) {
	for url, want := range map[string]string{
		"mem://#":       "a # begins a fragment",
		"mem://x#":      "a # begins a fragment",
		"x":             "a path is not a URL",
		"/":             "a path is not a URL; write file:///",
		"//host/folder": "write file:///absolute/path/to/folder, or another",
		"/a/folder":     "write file:///a/folder",
	} {
		_, err := files.Open(ctx, url)
		if is(t, err, files.ErrInvalid); err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q) = %v, want %q", url, err, want)
		}
	}
}

// TestListingOfOneKey: a bucket of one file lists it if it begins with the prefix, and
// not if it is only the beginning of the prefix.
func TestListingOfOneKey(t *testing.T) {
	b, err := files.Open(ctx, "mem://?key=abc")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	put(t, b, "abc", "text")
	for prefix, want := range map[string]int64{"": 1, "ab": 1, "abc": 1, "abcd": 0, "b": 0} {
		n := int64(0)
		for _, err := range b.List(ctx, "", &files.ListOptions{Prefix: prefix}) {
			if n++; err != nil {
				t.Error(err)
			}
		}
		if n != want {
			t.Errorf("%d files have the prefix %q, want %d", n, prefix, want)
		}
	}
}
