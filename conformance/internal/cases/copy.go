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
		Why:     "a copy is the same file under another name",
		Largest: 4 << 20,
		Run:     copyContent,
	},
	{
		Rule: "C1",
		Name: "attributes",
		Why:  "a copy that lost its type or owner is another file",
		Run:  copyAttributes,
	},
	{
		Rule: "C1",
		Name: "info",
		Why:  "what Copy tells is of the copy, and all of it where it is asked for",
		Run:  copyInfo,
	},
	{
		Rule: "C1",
		Name: "over",
		Why:  "a copy replaces its target whole",
		Run:  copyOver,
	},
	{
		Rule: "C1",
		Name: "missing-source",
		Why:  "a copy of nothing must not destroy its target",
		Run:  copyMissing,
	},
	{
		Rule:    "C1",
		Name:    "independent",
		Why:     "changing the copy must not change the original",
		Largest: 2 << 20,
		Run:     copyIndependent,
	},
	{
		Rule: "C1",
		Name: "onto-itself",
		Why:  "a rename to the same name must not delete the file",
		Run:  copySelf,
	},
	{
		Rule:  "C1",
		Name:  "onto-itself-new-attributes",
		Why:   "attributes are changed by a copy onto itself",
		Needs: feature.Needs(feature.Attributes),
		Run:   copySelfAttributes,
	},
	{
		Rule:  "C1",
		Name:  "one-attribute",
		Why:   "a change of one attribute keeps the rest, and never undoes another writer",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.Attributes),
		Run:   copyOneAttribute,
	},
	{
		Rule:  "C1",
		Name:  "new-attributes",
		Why:   "what the caller says of the copy holds, as a whole",
		Needs: feature.Needs(feature.Attributes),
		Run:   copyNewAttributes,
	},
	{
		Rule:  "C1",
		Name:  "new-type",
		Why:   "a type that isn't given is found by the target's name, else by its content",
		Needs: feature.Needs(feature.Attributes),
		Run:   copyNewType,
	},
	{
		Rule:  "C1",
		Name:  "if-absent",
		Why:   "a copy must not overwrite where it was told not to",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   copyIfAbsent,
	},
	{
		Rule:  "C1",
		Name:  "if-absent-race",
		Why:   "of many copies to one name one wins",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   copyIfAbsentRace,
	},
	{
		Rule:  "C1",
		Name:  "if-version",
		Why:   "a copy may depend on what it replaces",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   copyIfVersion,
	},
	{
		Rule:  "C1",
		Name:  "if-source",
		Why:   "a copy may depend on what it copies",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   copyIfSource,
	},
	{
		Rule: "C1",
		Name: "names",
		Why:  "odd names are escaped twice in a copy: once as source, once as target",
		Run:  copyNames,
	},
	{
		Rule:  "C1",
		Name:  "beside",
		Why:   "a to a/b and back are copies like others",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   copyBeside,
	},
	{
		Rule: "C1",
		Name: "through-wrappers",
		Why: "a copy between a tenant's directory and the whole bucket must end at the " +
			"right names",
		Run: copyWrapped,
	},
	{
		Rule: "C1",
		Name: "between-buckets",
		Why:  "a copy between two stores must be as good as one inside",
		Run:  copyBetween,
	},
	{
		Rule:    "C1",
		Name:    "whole",
		Why:     "nobody sees half a copy",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 1 << 20,
		Run:     copyWhole,
	},
}

// cp copies inside the bucket, which must succeed.
func cp(t suite.T, b files.Bucket, dst, src string, opts *files.CopyOptions) files.Info {
	t.Helper()
	info, err := files.Copy(t.Context(), b, dst, b, src, opts)
	if err != nil {
		t.Fatalf("Copy(%s to %s): %v", term.Quote(src), term.Quote(dst), err)
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

func copyAttributes(t suite.T, h *suite.H) {
	src := richly(t, h, "src.html", check.Content(1, 1000), "one")
	info := cp(t, h.Bucket, "d/dst.png", "src.html", &files.CopyOptions{FullInfo: true})
	dst := check.Stat(t, h, "d/dst.png")
	want := src.Attributes
	if !h.F.Attributes {
		want = dst.Attributes // where no type is stored, the name tells it
	}
	check.Same(t, "attributes of the copy", dst.Attributes, want)
	check.Same(t, "attributes in Copy's Info", info.Attributes, want)
	if which := dst.Digest.Conflict(src.Digest); which != "" {
		t.Errorf("the copy's %s differs from the source's", which)
	}
	if info.Version != "" {
		check.Same(t, "version in Copy's Info, against Stat's", info.Version, dst.Version)
	}
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
					info.ModTime = want.ModTime // as in Put's (P3)
				}
				if info.Version == "" && (!full || !h.F.PutReturnsVersion) {
					info.Version = want.Version
				}
				if which := info.Digest.Conflict(want.Digest); which != "" {
					t.Errorf("the %s in Copy's Info isn't Stat's", which)
				}
				if !info.Digest.IsZero() || !full || !h.F.PutReturnsVersion {
					info.Digest = want.Digest // of two that don't conflict each may have one more
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
	check.Same(t, "attributes of what was copied over", check.Stat(t, h, "dst").Attributes,
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

func copySelf(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 5000), "one")
	for range 3 {
		cp(t, h.Bucket, "a", "a", nil)
		check.WantContent(t, h, "a", check.Content(1, 5000))
		check.Same(t, "Stat after a copy onto itself", check.Stat(t, h, "a"), before)
	}
	check.WantOnly(t, h, "a")
}

func copySelfAttributes(t suite.T, h *suite.H) {
	richly(t, h, "a", check.Content(1, 5000), "one")
	a := files.Attributes{ContentType: "y/z", Metadata: map[string]string{"new": "yes"}}
	info := cp(t, h.Bucket, "a", "a", &files.CopyOptions{Attributes: &a})
	check.Same(t, "attributes in Copy's Info", info.Attributes, a)
	check.Same(t, "attributes after a copy onto itself with new ones",
		check.Stat(t, h, "a").Attributes, a)
	check.WantContent(t, h, "a", check.Content(1, 5000))
	_, err := files.Copy(t.Context(), h.Bucket, "missing", h.Bucket, "missing",
		&files.CopyOptions{Attributes: &a})
	check.WantErr(t, "Copy of a missing file onto itself", err, files.ErrNotExist)
	check.WantOnly(t, h, "a")
}

func copyNewAttributes(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 500), "one")
	for i, a := range []files.Attributes{{ContentType: "y/z"}, {
		ContentType: "y/z",
		Metadata:    map[string]string{"New": "yes"},
	}, {ContentType: "y/z", CacheControl: "public"}} {
		dst := fmt.Sprintf("dst%d", i)
		given := a.Clone()
		cp(t, h.Bucket, dst, "a", &files.CopyOptions{Attributes: &given})
		check.Same(t, "the caller's attributes after Copy", given, a)
		want := a.Clone()
		if want.Metadata != nil {
			want.Metadata = map[string]string{"new": "yes"}
		}
		check.Same(t, "attributes of the copy", check.Stat(t, h, dst).Attributes, want)
		check.WantContent(t, h, dst, check.Content(1, 500))
	}
	check.Same(t, "Stat of the source", check.Stat(t, h, "a"), before)
}

func copyNewType(t suite.T, h *suite.H) {
	check.Put(t, h, "a.html", []byte("%PDF-1.7 ..."), nil)
	for dst, want := range map[string]string{
		"b.css":        "text/css; charset=utf-8",
		"c":            "application/pdf",
		"d.unknownext": "application/pdf",
		"a.html":       "text/html; charset=utf-8",
	} {
		cp(t, h.Bucket, dst, "a.html",
			&files.CopyOptions{
				Attributes: &files.Attributes{Metadata: map[string]string{"k": "v"}},
			})
		check.Same(t, "attributes of the copy "+dst, check.Stat(t, h, dst).Attributes,
			files.Attributes{
				ContentType: want,
				Metadata:    map[string]string{"k": "v"},
			})
		check.WantContent(t, h, dst, []byte("%PDF-1.7 ..."))
	}
}

func copyIfAbsent(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	o := &files.CopyOptions{If: files.IfAbsent()}
	for _, dst := range []string{"b", "a"} {
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a", o)
		check.WantErr(t, "Copy with IfAbsent to a name in use", err, files.ErrExist)
	}
	check.WantContent(t, h, "b", []byte("b"))
	cp(t, h.Bucket, "c", "a", o)
	check.WantContent(t, h, "c", []byte("a"))
	_, err := files.Copy(t.Context(), h.Bucket, "e", h.Bucket, "missing", o)
	check.WantErr(t, "Copy of a missing file", err, files.ErrNotExist)
	check.WantOnly(t, h, "a", "b", "c")
}

func copyIfAbsentRace(t suite.T, h *suite.H) {
	const n = 16
	for i := range n {
		check.Put(t, h, fmt.Sprintf("src%d", i), check.Content(i, 2000), nil)
	}
	for round := range h.Rounds(3) {
		dst := fmt.Sprintf("d/dst%d", round)
		errs := make([]error, n)
		check.Race(n, func(i int) {
			_, errs[i] = files.Copy(t.Context(), h.Bucket, dst, h.Bucket, fmt.Sprintf("src%d", i),
				&files.CopyOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			check.WantContent(t, h, dst, check.Content(i, 2000))
		})
	}
}

func copyIfVersion(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	v := current(t, h, "b")
	cp(t, h.Bucket, "b", "a", &files.CopyOptions{If: files.IfVersion(v)})
	check.WantContent(t, h, "b", []byte("a"))
	check.Put(t, h, "b", check.Content(1, 100), nil)
	for _, dst := range []string{"b", "missing"} {
		for _, v := range []files.Version{v, ""} {
			_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a",
				&files.CopyOptions{If: files.IfVersion(v)})
			check.WantErr(t, fmt.Sprintf("Copy with IfVersion(%q) to %s", v, dst), err,
				files.ErrPrecondition)
		}
	}
	check.WantContent(t, h, "b", check.Content(1, 100))
	check.WantOnly(t, h, "a", "b")
}

func copyIfSource(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	v := current(t, h, "a")
	cp(t, h.Bucket, "c", "a", &files.CopyOptions{IfSource: v})
	check.Put(t, h, "a", check.Content(1, 100), nil)
	for _, dst := range []string{"b", "new", "a"} {
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a",
			&files.CopyOptions{IfSource: v})
		check.WantErr(t, "Copy of a version that was replaced", err, files.ErrPrecondition)
	}
	check.WantContent(t, h, "b", []byte("b"))
	check.WantContent(t, h, "c", []byte("a"))
	check.WantOnly(t, h, "a", "b", "c")
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

func copyWrapped(t suite.T, h *suite.H) {
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	deep, err := files.Sub(sub, "deep")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	plain := files.Wrap(h.Bucket, files.Hooks{})
	all := []struct {
		b      files.Bucket
		prefix string
	}{
		{h.Bucket, ""},
		{sub, "tenant/"},
		{deep, "tenant/deep/"},
		{plain, ""},
		{files.Wrap(sub, files.Hooks{}), "tenant/"},
	}
	for i, src := range all {
		for j, dst := range all {
			c := check.Content(i*10+j, 300)
			check.Put(t, src.b, "src", c, nil)
			info, err := files.Copy(t.Context(), dst.b, "d/dst", src.b, "src", nil)
			if err != nil {
				t.Fatalf("Copy from wrapper %d to wrapper %d: %v", i, j, err)
			}
			check.Same(t, "name in Copy's Info", info.Name, "d/dst")
			check.WantOnly(t, h, src.prefix+"src", dst.prefix+"d/dst")
			check.WantContent(t, h, dst.prefix+"d/dst", c)
			// Reached by two ways, one file is one file.
			if src.prefix == dst.prefix {
				if _, err := files.Copy(t.Context(), dst.b, "src", src.b, "src", nil); err != nil {
					t.Errorf("Copy onto itself through wrappers %d and %d: %v", i, j, err)
				}
				check.WantContent(t, src.b, "src", c)
			}
			check.Remove(t, src.b, "src")
			check.Remove(t, dst.b, "d/dst")
		}
	}
}

func copyBetween(t suite.T, h *suite.H) {
	other := h.Another(t)
	src := richly(t, h, "src", check.Content(1, 100_000), "one")
	for _, dst := range []string{"src", "d/dst"} {
		info, err := files.Copy(t.Context(), other, dst, h.Bucket, "src", nil)
		if err != nil {
			t.Fatalf("Copy to another bucket: %v", err)
		}
		check.Same(t, "name in Copy's Info", info.Name, dst)
		check.WantContent(t, other, dst, check.Content(1, 100_000))
		check.Same(t, "attributes of the copy", check.Stat(t, other, dst).Attributes,
			src.Attributes)
	}
	check.WantOnly(t, other, "src", "d/dst")
	check.WantOnly(t, h, "src")
	_, err := files.Copy(t.Context(), other, "src", h.Bucket, "missing", nil)
	check.WantErr(t, "Copy of a missing file to another bucket", err, files.ErrNotExist)
	if h.F.IfAbsent {
		_, err = files.Copy(t.Context(), other, "src", h.Bucket, "src",
			&files.CopyOptions{If: files.IfAbsent()})
		check.WantErr(t, "Copy with IfAbsent to another bucket", err, files.ErrExist)
	}
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
				t.Errorf("Copy beside readers: %v", err)
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
			t.Errorf("Get beside a copy: %d bytes, %v: neither the old file nor the new one",
				len(p), err)
		}
	}
}
