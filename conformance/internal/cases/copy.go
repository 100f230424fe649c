package cases

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var copyCases = []suite.Case{
	{
		Rule:    "C1",
		Name:    "content",
		Why:     "a copy must have the content of its source",
		Largest: 4 << 20,
		Run:     copyContent,
	},
	{
		Rule: "C1",
		Name: "info",
		Why:  "Copy must return what is true of the copy, and the whole Info if that is requested",
		Run:  copyInfo,
	},
	{
		Rule: "C1",
		Name: "replaces-target",
		Why:  "a copy must replace its target as a whole",
		Run:  copyOver,
	},
	{
		Rule: "C1",
		Name: "missing-source",
		Why:  "a copy of a missing file must fail, and leave its target unchanged",
		Run:  copyMissing,
	},
	{
		Rule:    "C1",
		Name:    "independent",
		Why:     "a change of the copy must not change the original",
		Largest: 2 << 20,
		Run:     copyIndependent,
	},
	{
		Rule: "C1",
		Name: "names",
		Why: "odd names must be copied like others: a request has them twice, as source and " +
			"as target, and escapes them differently",
		Run: copyNames,
	},
	{
		Rule:  "C1",
		Name:  "onto-file-beside-dir",
		Why:   "a file must be copied from a to a/b and back: both names may exist at once",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   copyBeside,
	},
	{
		Rule:    "C1",
		Name:    "whole",
		Why:     "no reader may get half a copy",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 1 << 20,
		Run:     copyWhole,
	},
}

// cp copies inside the bucket, and ends the case if that fails.
func cp(t suite.T, b files.Bucket, dst, src string, opts *files.CopyOptions) files.Info {
	t.Helper()
	info, err := files.Copy(t.Context(), b, dst, b, src, opts)
	if err != nil {
		t.Fatalf("Copy(%s to %s): %v, want no error", term.Quote(src), term.Quote(dst), err)
	}
	return info
}

// richly puts a file with all attributes that the bucket takes.
func richly(t suite.T, h *suite.H, name string, c []byte, mark string) files.Info {
	t.Helper()
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:        "x/" + mark,
			CacheControl:       "no-cache",
			ContentDisposition: "inline",
			ContentEncoding:    "br",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"mark": mark},
		}
	}
	check.Put(t, h, name, c, opts)
	return check.Stat(t, h, name)
}

func copyContent(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 5000, 3<<20 + 5} {
		c := check.Content(n, n)
		check.Put(t, h, "src", c, nil)
		info := cp(t, h.Bucket, "d/dst", "src", &files.CopyOptions{FullInfo: true})
		check.Same(t, "name in Copy's Info", info.Name, "d/dst")
		check.Same(t, "size in Copy's Info", info.Size, int64(n))
		check.WantContent(t, h, "d/dst", c)
		check.WantContent(t, h, "src", c)
		check.WantOnly(t, h, "src", "d/dst")
	}
	h.Clean(t, "copies")
}

func copyInfo(t suite.T, h *suite.H) {
	richly(t, h, "src.html", check.Content(1, 1000), "one")
	given := []*files.Attributes{nil}
	if h.F.Attributes {
		given = append(given, &files.Attributes{
			ContentType: "y/z",
			Metadata:    map[string]string{"new": "yes"},
		})
	}
	for _, a := range given {
		for _, full := range []bool{false, true} {
			for _, dst := range []string{"d/dst.html", "src.html"} {
				info := cp(t, h.Bucket, dst, "src.html", &files.CopyOptions{
					Attributes: a,
					FullInfo:   full,
				})
				want := check.Stat(t, h, dst)
				if info.Size == -1 && !full {
					info.Size = want.Size
					if a == nil {
						info.Attributes = want.Attributes
					}
				}
				if info.ModTime.IsZero() {
					info.ModTime = want.ModTime // the time may be zero, as in Put's Info (P3)
				}
				if info.Version == "" && (!full || !h.F.PutReturnsVersion) {
					info.Version = want.Version
				}
				if which := info.Digest.Conflict(want.Digest); which != "" {
					t.Errorf("the %s in Copy's Info differs from Stat's", which)
				}
				if !info.Digest.IsZero() || !full || !h.F.PutReturnsVersion {
					// two digests that don't conflict may have different sums
					info.Digest = want.Digest
				}
				check.Same(t,
					fmt.Sprintf("Copy's Info with FullInfo %v and attributes %v, against Stat's",
						full, a), info, want)
			}
		}
	}
}

func copyOver(t suite.T, h *suite.H) {
	richly(t, h, "dst", check.Content(1, 5000), "old")
	check.Put(t, h, "src", check.Content(2, 100), nil)
	cp(t, h.Bucket, "dst", "src", nil)
	check.WantContent(t, h, "dst", check.Content(2, 100))
	check.Same(t, "attributes of the target after the copy", check.Stat(t, h, "dst").Attributes,
		check.Stat(t, h, "src").Attributes)
	check.WantOnly(t, h, "dst", "src")
}

func copyMissing(t suite.T, h *suite.H) {
	before := richly(t, h, "dst", check.Content(1, 100), "old")
	for _, dst := range []string{"dst", "new", "missing"} {
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "missing", nil)
		check.WantErr(t, "Copy of a missing file", err, files.ErrNotExist)
	}
	check.WantOnly(t, h, "dst")
	check.WantContent(t, h, "dst", check.Content(1, 100))
	check.Same(t, "Stat of the target", check.Stat(t, h, "dst"), before)
}

func copyIndependent(t suite.T, h *suite.H) {
	for _, n := range []int{10, 2 << 20} {
		c := check.Content(n, n)
		check.Put(t, h, "a", c, nil)
		cp(t, h.Bucket, "b", "a", nil)
		check.Put(t, h, "a", check.Content(1, n), nil)
		check.WantContent(t, h, "b", c)
		check.Put(t, h, "b", check.Content(2, n), nil)
		check.WantContent(t, h, "a", check.Content(1, n))
		check.Remove(t, h, "a")
		check.WantContent(t, h, "b", check.Content(2, n))
	}
}

func copyNames(t suite.T, h *suite.H) {
	odd := []string{
		"%41", "a b", "ünï/ö", "x.attrs", "+", "a?b#c", "\\", "CON", "名前",
		strings.Repeat("l", min(300, h.F.MaxName)), "trail. ",
	}
	odd = slices.DeleteFunc(odd, func(name string) bool { return !storable(t, h, name) })
	for i, src := range odd {
		dst := odd[(i+1)%len(odd)]
		check.Put(t, h, src, check.Content(i, 100), nil)
		cp(t, h.Bucket, dst, src, nil)
		check.WantOnly(t, h, src, dst)
		check.WantContent(t, h, dst, check.Content(i, 100))
		check.Remove(t, h, src)
		check.WantOnly(t, h, dst)
		check.Remove(t, h, dst)
	}
}

func copyBeside(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	cp(t, h.Bucket, "a/b", "a", nil)
	cp(t, h.Bucket, "a/b/c", "a/b", nil)
	check.Remove(t, h, "a")
	cp(t, h.Bucket, "a", "a/b/c", nil)
	for _, name := range []string{"a", "a/b", "a/b/c"} {
		check.WantContent(t, h, name, check.Content(1, 100))
	}
	check.WantOnly(t, h, "a", "a/b", "a/b/c")
}

func copyWhole(t suite.T, h *suite.H) {
	const size = 1 << 20
	a, b := check.Content(1, size), check.Content(2, size/2)
	check.Put(t, h, "a", a, nil)
	check.Put(t, h, "b", b, nil)
	check.Put(t, h, "dst", a, nil)
	done := check.Background(t, func() {
		for i := range 10 {
			if _, err := files.Copy(t.Context(), h.Bucket, "dst", h.Bucket, []string{"a", "b"}[i%2],
				nil); err != nil {
				t.Errorf("Copy during reads: %v, want no error", err)
			}
		}
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		p, _, err := check.Read(t.Context(), h, "dst", nil)
		if check.IsAny(err, files.ErrChanged) {
			continue
		}
		if err != nil || !bytes.Equal(p, a) && !bytes.Equal(p, b) {
			t.Errorf("Get during copies: %d bytes, %v, want the old file or the new one",
				len(p), err)
		}
	}
}
