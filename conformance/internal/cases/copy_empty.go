package cases

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// An existing file of 0 bytes is read, listed, copied and deleted like any other.
var copyEmptyCases = []suite.Case{
	{
		Rule: "G10",
		Name: "empty",
		Why:  "reading parts of an empty file must return nothing, and no error",
		Run:  emptyAt,
	},
	{
		Rule:  "G8",
		Name:  "empty",
		Why:   "conditions on reading must hold for an empty file: a cache may have one",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   emptyIfChanged,
	},
	{
		Rule: "S1",
		Name: "empty",
		Why:  "Stat must return as much about an empty file as about others",
		Run:  emptyStat,
	},
	{
		Rule: "L1",
		Name: "empty-file",
		Why:  "an empty file must be listed and found: it may be a marker",
		Run:  emptyListed,
	},
	{
		Rule:  "D2",
		Name:  "empty",
		Why:   "conditions on deleting must hold for an empty file: it may be a lock",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   emptyDelete,
	},
	{
		Rule: "C1",
		Name: "empty",
		Why:  "an empty file must be copied and replaced like others",
		Run:  copyEmpty,
	},
	{
		Rule:  "C1",
		Name:  "empty-attributes",
		Why:   "the attributes of an empty file must be kept: it may have nothing else",
		Needs: feature.Needs(feature.Attributes),
		Run:   copyEmptyAttributes,
	},
	{
		Rule:  "C1",
		Name:  "empty-move",
		Why:   "an empty file must be moved like others: it may be a message in a queue",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   moveEmpty,
	},
}

func emptyAt(t suite.T, h *suite.H) {
	check.Put(t, h, "a", nil, nil)
	f := openAt(t, h, "a")
	check.Same(t, "Size", f.Size(), int64(0))
	for _, off := range []int64{0, 1, 1 << 32} {
		if n, err := f.ReadAt(make([]byte, 10), off); n != 0 || err != io.EOF {
			t.Errorf("ReadAt from %d of an empty file = %d, %v, want 0, io.EOF", off, n, err)
		}
	}
	if p, err := io.ReadAll(f); len(p) != 0 || err != nil {
		t.Errorf("reading an empty file: %d bytes, %v, want 0 and no error", len(p), err)
	}
	f.Close()
	got, err := files.ReadRanges(t.Context(), h.Bucket, "a",
		[]files.Range{files.Bytes(0, 10), files.Last(5), files.From(7), {}}, nil)
	if err != nil || len(got) != 4 || len(slices.Concat(got...)) != 0 {
		t.Errorf("ReadRanges of an empty file = %q, %v, want four empty parts", got, err)
	}
	for _, part := range []int64{0, 1, 1 << 20} {
		wantDownload(t, h, "a", nil, &files.DownloadAtOptions{PartSize: part})
	}
	r := open(t, h, "a", nil)
	if n, err := r.WriteTo(io.Discard); n != 0 || err != nil {
		t.Errorf("WriteTo of an empty file = %d, %v, want 0, no error", n, err)
	}
	text, err := files.ReadString(t.Context(), h.Bucket, "a", nil)
	if text != "" || err != nil {
		t.Errorf("ReadString of an empty file = %q, %v, want \"\", no error", text, err)
	}
}

func emptyIfChanged(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	old := current(t, h, "a")
	check.Put(t, h, "a", nil, nil)
	now := current(t, h, "a")
	get := func(what string, o files.GetOptions, want error) {
		t.Helper()
		for _, g := range []files.Range{{}, files.Bytes(0, 5), files.Last(1)} {
			o.Range = g
			r, err := h.Get(t.Context(), "a", &o)
			if err == nil {
				check.Same(t, "length of "+what, r.Len(), int64(0))
				r.Close()
			}
			if want != nil {
				check.WantErr(t, what, err, want)
			} else if err != nil {
				t.Errorf("%s: %v, want no error", what, err)
			}
		}
	}
	get("Get of an empty file with IfVersion of the file that it replaced",
		files.GetOptions{IfVersion: old}, files.ErrPrecondition)
	get("Get of an empty file with IfVersion of another version",
		files.GetOptions{IfVersion: "no-such-version"}, files.ErrPrecondition)
	get("Get of an empty file with IfNotVersion of its version",
		files.GetOptions{IfNotVersion: now},
		files.ErrNotModified)
	get("Get of an empty file with IfVersion of its version", files.GetOptions{IfVersion: now}, nil)
	get("Get of an empty file with IfNotVersion of the file that it replaced",
		files.GetOptions{IfNotVersion: old}, nil)
}

func emptyStat(t suite.T, h *suite.H) {
	o := fully(h, "empty")
	for name, r := range map[string]io.Reader{"known": nil, "unknown": check.Stream(nil)} {
		if r == nil {
			r = bytes.NewReader(nil)
		}
		info, err := h.Put(t.Context(), name, r, o)
		if err != nil {
			t.Fatalf("Put of no bytes: %v, want no error", err)
		}
		check.Same(t, "size in Put's Info", info.Size, int64(0))
		wantSame(t, h, info)
		want := check.Stat(t, h, name)
		if h.F.Attributes {
			check.Same(t, "attributes of an empty file", want.Attributes, o.Attributes)
		}
		for _, g := range []files.Range{files.Bytes(0, 0), files.Bytes(0, 9), files.Last(1)} {
			r := open(t, h, name, &files.GetOptions{Range: g})
			wantRangeInfo(t, g, r.Info(), want)
			r.Close()
		}
		if there, err := files.Exists(t.Context(), h.Bucket, name); !there || err != nil {
			t.Errorf("Exists of an empty file: %v, %v, want true and no error", there, err)
		}
	}
}

func emptyListed(t suite.T, h *suite.H) {
	names := []string{"a", "b/x", "b/y", "c/d/x", "e"}
	for _, name := range names {
		check.Put(t, h, name, nil, nil)
	}
	for _, o := range []files.ListOptions{
		{},
		{Shallow: true},
		{PageSize: 1},
		{NamesOnly: true},
		{Prefix: "b"},
		{Shallow: true, Prefix: "c"},
	} {
		for _, dir := range []string{"", "b", "c", "c/d"} {
			got := check.List(t, h, dir, &o)
			slices.Sort(got)
			if d := check.DiffNames(got, check.ListModel(names, dir, o)); d != "" {
				t.Errorf("List(%q, %s) of empty files: %s", dir, check.ListText(&o), d)
			}
		}
	}
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		check.Same(t, "size of the entry "+e.Name, e.Size, int64(0))
		wantEntry(t, h, e)
	}
	n, bytes, err := files.Usage(t.Context(), h.Bucket, "")
	if n != int64(len(names)) || bytes != 0 || err != nil {
		t.Errorf("Usage of empty files: %d of %d bytes, %v, want %d of 0", n, bytes, err,
			len(names))
	}
	if _, err := files.DeleteDir(t.Context(), h.Bucket, "b"); err != nil {
		t.Errorf("DeleteDir of empty files: %v, want no error", err)
	}
	check.WantOnly(t, h, "a", "c/d/x", "e")
}

func emptyDelete(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	old := current(t, h, "a")
	check.Put(t, h, "a", nil, nil)
	before := check.Stat(t, h, "a")
	for _, v := range []files.Version{old, "no-such-version"} {
		check.WantErr(t, "Delete of another version of an empty file",
			h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v}), files.ErrPrecondition)
		check.Same(t, "Stat after the refused Delete", check.Stat(t, h, "a"), before)
	}
	o := &files.DeleteOptions{IfVersion: before.Version}
	if err := h.Delete(t.Context(), "a", o); err != nil {
		t.Errorf("Delete of the current version of an empty file: %v, want no error", err)
	}
	check.WantMissing(t, h, "a")
	check.WantErr(t, "Delete of the version of an empty file that was deleted",
		h.Delete(t.Context(), "a", o), files.ErrPrecondition)
}

func copyEmpty(t suite.T, h *suite.H) {
	check.Put(t, h, "empty.html", nil, fully(h, "empty"))
	src := check.Stat(t, h, "empty.html")
	for name, c := range map[string][]byte{
		"new.png":   nil, // a new name
		"full.png":  check.Content(1, 5000),
		"empty.png": {},
	} {
		if c != nil {
			check.Put(t, h, name, c, fully(h, "old"))
		}
		info := cp(t, h.Bucket, name, "empty.html", &files.CopyOptions{FullInfo: true})
		check.Same(t, "size in Copy's Info", info.Size, int64(0))
		check.WantContent(t, h, name, nil)
		if h.F.Attributes {
			check.Same(t, "attributes of the copy "+name, check.Stat(t, h, name).Attributes,
				src.Attributes)
			check.Same(t, "attributes in Copy's Info", info.Attributes, src.Attributes)
		}
	}
	cp(t, h.Bucket, "empty.html", "empty.html", nil)
	check.Same(t, "Stat after a copy onto itself", check.Stat(t, h, "empty.html"), src)
	check.Put(t, h, "full", check.Content(2, 5000), nil)
	cp(t, h.Bucket, "new.png", "full", nil)
	check.WantContent(t, h, "new.png", check.Content(2, 5000))

	copyEmptyConditions(t, h)
}

// copyEmptyConditions checks the conditions of copies from and to an empty file.
func copyEmptyConditions(t suite.T, h *suite.H) {
	refused := func(dst, src string, o *files.CopyOptions, want error) {
		t.Helper()
		before := check.Stat(t, h, dst)
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, src, o)
		check.WantErr(t, fmt.Sprintf("Copy of %q to %q with another condition", src, dst), err,
			want)
		check.Same(t, "Stat of the target after the refused copy", check.Stat(t, h, dst), before)
	}
	for _, pair := range [][2]string{
		{"full", "empty.html"}, {"empty.html", "full"}, {"empty.png", "empty.html"},
	} {
		dst, src := pair[0], pair[1]
		if h.F.IfAbsent {
			refused(dst, src, &files.CopyOptions{If: files.IfAbsent()}, files.ErrExist)
		}
		if h.F.Versions && h.F.IfVersion {
			refused(dst, src, &files.CopyOptions{If: files.IfVersion("no-such-version")},
				files.ErrPrecondition)
		}
		if h.F.Versions && h.F.ReadConditions {
			refused(dst, src, &files.CopyOptions{IfSource: "no-such-version"},
				files.ErrPrecondition)
		}
	}
	if h.F.Versions && h.F.IfVersion {
		cp(t, h.Bucket, "empty.png", "full",
			&files.CopyOptions{If: files.IfVersion(current(t, h, "empty.png"))})
		check.WantContent(t, h, "empty.png", check.Content(2, 5000))
	}
	if h.F.Versions && h.F.ReadConditions {
		cp(t, h.Bucket, "full", "empty.html",
			&files.CopyOptions{IfSource: current(t, h, "empty.html")})
		check.WantContent(t, h, "full", nil)
	}
	check.WantOnly(t, h, "empty.html", "empty.png", "full", "full.png", "new.png")
	h.Clean(t, "copies of no bytes")
}

func copyEmptyAttributes(t suite.T, h *suite.H) {
	check.Put(t, h, "a", nil, fully(h, "one"))
	a := files.Attributes{ContentType: "y/z", Metadata: map[string]string{"new": "yes"}}
	for _, dst := range []string{"b", "a"} {
		info := cp(t, h.Bucket, dst, "a", &files.CopyOptions{Attributes: &a, FullInfo: true})
		check.Same(t, "attributes in Copy's Info", info.Attributes, a)
		check.Same(t, "attributes of the copy "+dst, check.Stat(t, h, dst).Attributes, a)
		check.WantContent(t, h, dst, nil)
	}
	if !h.F.Versions || !h.F.IfVersion {
		return
	}
	if _, err := files.UpdateAttributes(t.Context(), h.Bucket, "a",
		func(a *files.Attributes) error {
			a.CacheControl = "no-store"
			return nil
		}, nil); err != nil {
		t.Fatalf("UpdateAttributes of an empty file: %v, want no error", err)
	}
	a.CacheControl = "no-store"
	check.Same(t, "attributes after a change of one", check.Stat(t, h, "a").Attributes, a)
	check.WantContent(t, h, "a", nil)
	check.WantOnly(t, h, "a", "b")
}

func moveEmpty(t suite.T, h *suite.H) {
	for _, over := range []bool{false, true} {
		check.Put(t, h, "src", nil, fully(h, "one"))
		want := check.Stat(t, h, "src")
		if over {
			check.Put(t, h, "d/dst", check.Content(1, 5000), nil)
		}
		mv(t, h, "d/dst", "src", nil)
		check.WantMissing(t, h, "src")
		check.WantOnly(t, h, "d/dst")
		check.WantContent(t, h, "d/dst", nil)
		check.Same(t, "attributes of the moved file", check.Stat(t, h, "d/dst").Attributes,
			want.Attributes)
	}
	check.Put(t, h, "src", check.Content(2, 5000), nil)
	mv(t, h, "d/dst", "src", nil) // over an empty file
	check.WantContent(t, h, "d/dst", check.Content(2, 5000))
	check.Put(t, h, "empty", nil, nil)
	if h.F.IfAbsent {
		_, err := files.Move(t.Context(), h.Bucket, "empty", h.Bucket, "d/dst",
			&files.CopyOptions{If: files.IfAbsent()})
		if !errors.Is(err, files.ErrExist) {
			t.Errorf("Move with IfAbsent onto an empty file: got %s, want ErrExist",
				check.ErrText(err))
		}
	}
	mv(t, h, "empty", "empty", nil)
	check.WantOnly(t, h, "d/dst", "empty")
	check.WantContent(t, h, "empty", nil)
	h.Clean(t, "moves of no bytes")
}
