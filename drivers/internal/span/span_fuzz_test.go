package span

import "testing"

// FuzzContentRange: a Content-Range that Parse accepts is a valid range.
func FuzzContentRange(f *testing.F) {
	for _, s := range []string{
		"bytes 0-0/1", "bytes 10-14/27", "bytes */7", "bytes 1-2/*", "bytes 0--1/0", "items 1-2/3",
		"bytes 99999999999999999999-1/2", "bytes 5-3/9", "bytes -1-3/9", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := Parse(s)
		if ok && (r.First < 0 || r.Last < r.First || r.Size != -1 && r.Size <= r.Last) {
			t.Errorf("Content-Range %q is parsed as %d-%d/%d", s, r.First, r.Last, r.Size)
		}
	})
}
