package cases

import (
	"bytes"
	"fmt"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// putEveryWayCases hold every kind of Put to the rules of Put: with a size or without,
// conditional or not.
var putEveryWayCases = []suite.Case{
	{
		Rule:  "P7",
		Name:  "every-way",
		Why:   "attributes must be stored, whatever else is asked of the Put",
		Needs: feature.Needs(feature.Attributes),
		Run:   attributesEveryWay,
	},
	{
		Rule:  "P10",
		Name:  "every-way",
		Why:   "a file must have its digest however it was put: without it reads are not checked",
		Needs: feature.Needs(feature.Digests),
		Run:   digestEveryWay,
	},
	{
		Rule:  "P9",
		Name:  "every-way",
		Why:   "a condition must hold, whatever else is asked of the Put",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   versionEveryWay,
	},
	{
		Rule:  "P8",
		Name:  "at-commit-declared",
		Why:   "IfAbsent must be decided at the commit, also if the size is known in advance",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   absentAtCommitDeclared,
	},
	{
		Rule:  "P9",
		Name:  "at-commit-declared",
		Why:   "IfVersion must be decided at the commit, also if the size is known in advance",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   versionAtCommitDeclared,
	},
	{
		Rule: "P2",
		Name: "conditional",
		Why: "an upload that fails must change nothing and return the cause, with a " +
			"condition or without",
		Needs: feature.Needs(feature.Atomic),
		Run:   conditionalFails,
	},
	{
		Rule: "P8",
		Name: "after-delete",
		Why: "IfAbsent must succeed after the file was removed, however it was removed: it " +
			"may be a lock",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   absentAfterDelete,
	},
}

// way is one kind of Put.
type way struct {
	what string
	opts files.PutOptions
	// known: the content's reader has a length
	known bool
	// over: there is a file, whose version is the condition if versioned is true
	over, versioned bool
}

// ways returns all kinds of a Put of n bytes that the bucket takes.
func ways(h *suite.H, n int) (all []way) {
	for _, known := range []bool{false, true} {
		for _, declared := range []bool{false, true} {
			for _, over := range []bool{false, true} {
				for _, cond := range []bool{false, true} {
					w := way{known: known, over: over}
					w.what = "Put"
					if declared {
						w.opts.Size = new(int64(n))
						w.what += " with a declared size"
					}
					if known {
						w.what += " of a reader with a length"
					}
					switch {
					case cond && over && h.F.IfVersion:
						w.versioned = true
						w.what += " over a version"
					case cond && !over && h.F.IfAbsent:
						w.opts.If = files.IfAbsent()
						w.what += " if absent"
					case cond:
						continue
					case over:
						w.what += " over a file"
					}
					all = append(all, w)
				}
			}
		}
	}
	return all
}

// put makes the Put, which must succeed. The caller deletes the file.
func (w way) put(t suite.T, h *suite.H, name string, c []byte, o files.PutOptions) files.Info {
	t.Helper()
	if w.over {
		old := files.PutOptions{}
		if h.F.Attributes {
			old.Attributes = files.Attributes{
				ContentType: "x/old",
				Metadata:    map[string]string{"old": "yes"},
			}
		}
		check.Put(t, h, name, check.Content(99, 70), &old)
	}
	o.Size, o.If = w.opts.Size, w.opts.If
	if w.versioned {
		o.If = files.IfVersion(current(t, h, name))
	}
	var content io.Reader = check.Stream(c)
	if w.known {
		content = bytes.NewReader(c)
	}
	info, err := h.Put(t.Context(), name, content, &o)
	if err != nil {
		t.Fatalf("%s: %v, want no error", w.what, err)
	}
	return info
}

func attributesEveryWay(t suite.T, h *suite.H) {
	a := files.Attributes{
		ContentType:        "x/own",
		CacheControl:       "no-store",
		ContentDisposition: "inline",
		ContentEncoding:    "br",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"k": "v", "l": "ü"},
	}
	c := check.Content(1, 600)
	for i, w := range ways(h, len(c)) {
		name := fmt.Sprintf("d/%02d.html", i)
		o := files.PutOptions{Attributes: a.Clone()}
		if i%2 == 1 {
			o.Digest = files.Digest{MD5: allDigests(c).MD5}
		}
		info := w.put(t, h, name, c, o)
		check.Same(t, "attributes in the Info of a "+w.what, info.Attributes, a)
		check.Same(t, "attributes after a "+w.what, check.Stat(t, h, name).Attributes, a)
		check.WantContent(t, h, name, c)
	}
}

func digestEveryWay(t suite.T, h *suite.H) {
	c := check.Content(1, 600)
	all := allDigests(c)
	for i, w := range ways(h, len(c)) {
		name := fmt.Sprintf("d/%02d", i)
		w.put(t, h, name, c, files.PutOptions{})
		d := check.Stat(t, h, name).Digest
		if which := d.Conflict(all); which != "" {
			t.Errorf("the %s after a %s is not that of the content", which, w.what)
		}
		if d.IsZero() {
			t.Errorf("no digest is stored after a %s, but the bucket claims Digests", w.what)
		}
		check.WantContent(t, h, name, c)
	}
}

func versionEveryWay(t suite.T, h *suite.H) {
	c := check.Content(1, 100)
	check.Put(t, h, "a", check.Content(2, 100), nil)
	old := current(t, h, "a")
	check.Put(t, h, "a", check.Content(3, 100), nil)
	before := check.Stat(t, h, "a")
	for what, content := range map[string]func() io.Reader{
		"a stream":    func() io.Reader { return check.Stream(c) },
		"a reader":    func() io.Reader { return bytes.NewReader(c) },
		"a file of 0": func() io.Reader { return bytes.NewReader(nil) },
	} {
		for _, declared := range []bool{false, true} {
			for _, name := range []string{"a", "missing", "a.txt"} {
				o := &files.PutOptions{If: files.IfVersion(old)}
				if declared {
					o.Size = new(int64(len(c)))
					if what == "a file of 0" {
						o.Size = new(int64(0))
					}
				}
				_, err := h.Put(t.Context(), name, content(), o)
				check.WantErr(t, fmt.Sprintf("Put(%q) of %s, declared %v, with an old version",
					name, what, declared), err, files.ErrPrecondition)
			}
		}
	}
	check.Same(t, "Stat after refused Puts", check.Stat(t, h, "a"), before)
	check.WantOnly(t, h, "a")
}

func absentAtCommitDeclared(t suite.T, h *suite.H) {
	for _, size := range uploadSizes[:2] {
		name, fast := fmt.Sprintf("a%d", size), check.Content(2, 100)
		_, err := h.Put(t.Context(), name, check.Hook(check.Content(1, size), size*9/10, func() {
			check.Put(t, h, name, fast, nil)
		}), &files.PutOptions{If: files.IfAbsent(), Size: new(int64(size))})
		check.WantErr(t, "Put with IfAbsent and a size that was overtaken", err, files.ErrExist)
		check.WantContent(t, h, name, fast)
	}
	h.Clean(t, "Puts that were overtaken")
}

func versionAtCommitDeclared(t suite.T, h *suite.H) {
	for _, size := range uploadSizes[:2] {
		check.Put(t, h, "a", check.Content(1, 100), nil)
		o := &files.PutOptions{If: files.IfVersion(current(t, h, "a")), Size: new(int64(size))}
		_, err := h.Put(t.Context(), "a", check.Hook(check.Content(2, size), size*9/10, func() {
			check.Put(t, h, "a", check.Content(3, 100), nil)
		}), o)
		check.WantErr(t, "Put with a version and a size that was overtaken", err,
			files.ErrPrecondition)
		check.WantContent(t, h, "a", check.Content(3, 100))
	}
	h.Clean(t, "Puts that were overtaken")
}

func conditionalFails(t suite.T, h *suite.H) {
	c := check.Content(1, 3000)
	for what, fails := range map[string]struct {
		content func() io.Reader
		opts    files.PutOptions
		want    error
	}{
		"the reader fails": {
			content: func() io.Reader { return check.Failing(c, false, check.ErrReader) },
			want:    check.ErrReader,
		},
		"the content is too short": {
			content: func() io.Reader { return check.Stream(c) },
			opts:    files.PutOptions{Size: new(int64(4000))},
			want:    files.ErrCorrupt,
		},
		"the digest is another's": {
			content: func() io.Reader { return check.Stream(c) },
			opts:    files.PutOptions{Digest: files.Digest{MD5: allDigests(nil).MD5}},
			want:    files.ErrCorrupt,
		},
	} {
		brokenPut(t, h, what+", of a conditional Put", fails.want, func(name string) error {
			o := fails.opts
			_, err := h.Stat(t.Context(), name, nil)
			switch {
			case err == nil && h.F.IfVersion:
				o.If = files.IfVersion(current(t, h, name))
			case err != nil && h.F.IfAbsent:
				o.If = files.IfAbsent()
			}
			_, err = h.Put(t.Context(), name, fails.content(), &o)
			return err
		})
	}
}

func absentAfterDelete(t suite.T, h *suite.H) {
	create := func(what string) {
		t.Helper()
		if _, err := ifAbsent(t, h, "d/lock", []byte(what)); err != nil {
			t.Fatalf("Put with IfAbsent after %s: %v, want no error", what, err)
		}
		check.WantContent(t, h, "d/lock", []byte(what))
		_, err := ifAbsent(t, h, "d/lock", []byte("again"))
		check.WantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
	}
	create("nothing")
	deleteNames(t, h, "d/lock", "d/other")
	create("DeleteMany")
	if _, err := files.DeleteDir(t.Context(), h.Bucket, "d"); err != nil {
		t.Fatalf("DeleteDir: %v, want no error", err)
	}
	create("DeleteDir")
	if h.F.DeleteIfVersion {
		v := current(t, h, "d/lock")
		if err := h.Delete(t.Context(), "d/lock", &files.DeleteOptions{IfVersion: v}); err != nil {
			t.Fatalf("Delete of a version: %v, want no error", err)
		}
		create("Delete of a version")
		mv(t, h, "d/moved", "d/lock", nil)
		create("Move")
	}
	check.Remove(t, h, "d/lock")
	cp(t, h.Bucket, "d/lock", putOther(t, h), nil)
	_, err := ifAbsent(t, h, "d/lock", []byte("again"))
	check.WantErr(t, "Put with IfAbsent to the target of a copy", err, files.ErrExist)
}

// putOther puts another file and returns its name.
func putOther(t suite.T, h *suite.H) string {
	t.Helper()
	check.Puts(t, h, "other")
	return "other"
}
