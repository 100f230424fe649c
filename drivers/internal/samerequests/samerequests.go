// Package samerequests compares package filestest's tables of requests with what the
// drivers send: a fake must count as many requests for a call as a proxy counts.
package samerequests

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/filestest"
)

const mib = 1 << 20

// step is a thing that a program does. Its errors are not looked at, except that both
// buckets must have the same.
type step struct {
	name string
	do   func(t *testing.T, b files.Bucket) error
}

// odd has attributes that no header of the service can carry as they are.
var odd = files.Attributes{Metadata: map[string]string{"schlüssel": "wert"}}

func put(name string, size int, o *files.PutOptions) func(*testing.T, files.Bucket) error {
	return func(t *testing.T, b files.Bucket) error {
		_, err := b.Put(t.Context(), name, bytes.NewReader(make([]byte, size)), o)
		return err
	}
}

func get(name string, o *files.GetOptions) func(*testing.T, files.Bucket) error {
	return func(t *testing.T, b files.Bucket) error {
		r, err := b.Get(t.Context(), name, o)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
		return err
	}
}

func list(dir string, o *files.ListOptions, most int) func(*testing.T, files.Bucket) error {
	return func(t *testing.T, b files.Bucket) error {
		n := 0
		for _, err := range b.List(t.Context(), dir, o) {
			if n++; err != nil || n == most {
				return err
			}
		}
		return nil
	}
}

func copied(dst, src string, o *files.CopyOptions) func(*testing.T, files.Bucket) error {
	return func(t *testing.T, b files.Bucket) error {
		_, err := files.Copy(t.Context(), b, dst, b, src, o)
		return err
	}
}

var steps = []step{
	{"put of nothing", put("empty", 0, nil)},
	{"put", put("a", 10, &files.PutOptions{Attributes: odd, If: files.IfAbsent()})},
	{"put that is refused", put("a", 10, &files.PutOptions{If: files.IfAbsent()})},
	{"put of one part", put("part", 8*mib, nil)},
	{"put of parts", put("parts", 16*mib+1, nil)},
	{"put of parts on a condition", put("once", 8*mib+1, &files.PutOptions{If: files.IfAbsent()})},
	{"put of parts with odd attributes", put("odd", 8*mib+1, &files.PutOptions{Attributes: odd})},
	{"put of unknown size", func(t *testing.T, b files.Bucket) error {
		_, err := b.Put(t.Context(), "stream",
			io.MultiReader(strings.NewReader("x"), bytes.NewReader(make([]byte, 9*mib))), nil)
		return err
	}},
	{"put by a Writer", func(t *testing.T, b files.Bucket) error {
		w := files.NewWriter(t.Context(), b, "writer", nil)
		fmt.Fprint(w, "text")
		_, err := w.Commit()
		return err
	}},
	{"get", get("a", nil)},
	{"get of nothing", get("empty", nil)},
	{"get of what is missing", get("missing", nil)},
	{"get of a range", get("a", &files.GetOptions{Range: files.Bytes(2, 3)})},
	{"get of the end", get("a", &files.GetOptions{Range: files.Last(3)})},
	{"get of a range of no bytes", get("a", &files.GetOptions{Range: files.Bytes(2, 0)})},
	{"get past the end", get("a", &files.GetOptions{Range: files.From(10)})},
	{"get of a range of nothing", get("empty", &files.GetOptions{Range: files.Bytes(0, 3)})},
	{"get of the end of nothing", get("empty", &files.GetOptions{Range: files.Last(3)})},
	{"get of what is not new", func(t *testing.T, b files.Bucket) error {
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil {
			return err
		}
		return get("a", &files.GetOptions{IfNotVersion: info.Version})(t, b)
	}},
	{"stat", func(t *testing.T, b files.Bucket) error {
		_, err := b.Stat(t.Context(), "a", nil)
		return err
	}},
	{"exists", func(t *testing.T, b files.Bucket) error {
		_, err := files.Exists(t.Context(), b, "missing")
		return err
	}},
	{"copy", copied("copy", "a", nil)},
	{"copy of a version", func(t *testing.T, b files.Bucket) error {
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil {
			return err
		}
		return copied("copy2", "a", &files.CopyOptions{IfSource: info.Version})(t, b)
	}},
	{"copy with the whole Info", copied("copy", "a", &files.CopyOptions{FullInfo: true})},
	{"copy of what is missing", copied("copy", "missing", nil)},
	{"copy onto itself", copied("copy", "copy", nil)},
	{"copy onto itself with attributes", copied("copy", "copy",
		&files.CopyOptions{Attributes: &files.Attributes{ContentType: "a/b"}})},
	{"move", func(t *testing.T, b files.Bucket) error {
		_, err := files.Move(t.Context(), b, "moved", b, "copy", nil)
		return err
	}},
	{"delete", func(t *testing.T, b files.Bucket) error {
		return b.Delete(t.Context(), "moved", nil)
	}},
	{"delete of what is missing", func(t *testing.T, b files.Bucket) error {
		return b.Delete(t.Context(), "moved", nil)
	}},
	{"fill", func(t *testing.T, b files.Bucket) error {
		for i := range 12 {
			if err := put(fmt.Sprintf("dir/%02d/x", i), 1, nil)(t, b); err != nil {
				return err
			}
		}
		return nil
	}},
	{"list", list("dir", nil, 0)},
	{"list of nothing", list("nowhere", nil, 0)},
	{"list in pages", list("dir", &files.ListOptions{PageSize: 5}, 0)},
	{"list in full pages", list("dir", &files.ListOptions{PageSize: 6}, 0)},
	{"list up to a page's end", list("dir", &files.ListOptions{PageSize: 5}, 5)},
	{"list into the next page", list("dir", &files.ListOptions{PageSize: 5}, 6)},
	{"list up to a limit", list("dir", &files.ListOptions{Limit: 3}, 0)},
	{"shallow list", list("dir", &files.ListOptions{Shallow: true}, 0)},
	{"delete many", func(t *testing.T, b files.Bucket) error {
		_, err := files.DeleteMany(t.Context(), b,
			slices.Values([]string{"dir/00/x", "dir/01/x", "dir/02/x"}))
		return err
	}},
	{"delete a directory", func(t *testing.T, b files.Bucket) error {
		_, err := files.DeleteDir(t.Context(), b, "dir")
		return err
	}},
	{"delete many of one", func(t *testing.T, b files.Bucket) error {
		_, err := files.DeleteMany(t.Context(), b, slices.Values([]string{"a"}))
		return err
	}},
	{"check", func(t *testing.T, b files.Bucket) error { return files.Check(t.Context(), b) }},
	{"upload of signed parts", func(t *testing.T, b files.Bucket) error {
		o := driver.SignedUploadOptions{Size: 6 * mib}
		u, err := driver.BeginSignedUpload(t.Context(), b, "signed", o)
		if err != nil {
			return err
		}
		if _, err := driver.SignPart(t.Context(), b, u, 1, 0); err != nil {
			return err
		}
		_, missing := driver.CompleteSignedUpload(t.Context(), b, u)
		if err := driver.AbortSignedUpload(t.Context(), b, u); err != nil {
			return err
		}
		return missing
	}},
	{"sign", func(t *testing.T, b files.Bucket) error {
		_, err := files.SignURL(t.Context(), b, "a", nil)
		return err
	}},
}

// Compare does the same with a fake and with the real bucket, whose requests since the
// last call of reset counts returns. differs changes what the fake charges for a step
// where the server is known to differ from the service that it stands for; the result of
// each such change must be another, so that none outlives its reason.
func Compare(t *testing.T, p filestest.Personality, real files.Bucket, reset func(),
	counts func() map[string]int, differs map[string]func(map[string]int)) {
	t.Helper()
	fake := filestest.New(t, filestest.As(p))
	met := 0
	for _, s := range steps {
		var fakeErr error
		charged := fake.Within(t, filestest.Budget{Calls: 1000}, func() {
			fakeErr = s.do(t, fake)
		}).Requests
		want := maps.Clone(charged)
		if change := differs[s.name]; change != nil {
			met++
			if change(want); maps.Equal(want, charged) {
				t.Errorf("%s: the table says that the server differs, but the fake counts the same",
					s.name)
			}
		}
		reset()
		err := s.do(t, real)
		if got := counts(); !maps.Equal(got, want) {
			t.Errorf("%s: the driver makes %v, but %s counts %v", s.name, got, p, want)
		}
		if files.KindOf(err) != files.KindOf(fakeErr) {
			t.Errorf("%s: the driver returns %v, and %s %v", s.name, err, p, fakeErr)
		}
	}
	if met != len(differs) {
		t.Errorf("%d of %d differences belong to a step", met, len(differs))
	}
}
