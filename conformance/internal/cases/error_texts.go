package cases

import (
	"context"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// situation is a failure whose text must be the same on every backend, because users
// read it.
type situation struct {
	what, text string
	err        func() error
}

// situations returns failures that every bucket can have, and those that depend on b's
// features.
func situations(t suite.T, b files.Bucket) []situation {
	ctx, f := t.Context(), b.Features()
	const old, fresh, stale = "dir/old", "dir/new", files.Version("no-such-version")
	check.Put(t, b, old, check.Content(1, 100), nil)
	check.Put(t, b, "dir/other", check.Content(2, 100), nil)
	putting := func(name string, o *files.PutOptions) func() error {
		return func() error {
			_, err := b.Put(ctx, name, check.Stream(check.Content(1, 10)), o)
			return err
		}
	}
	getting := func(name string, o *files.GetOptions) func() error {
		return func() error { _, _, err := check.Read(ctx, b, name, o); return err }
	}
	copying := func(src, dst string, o *files.CopyOptions) func() error {
		return func() error { _, err := files.Copy(ctx, b, dst, b, src, o); return err }
	}
	all := []situation{
		{
			"Get of a missing file", "files: get dir/missing: file does not exist",
			getting("dir/missing", nil),
		},
		{"Get of a directory", "files: get dir: file does not exist", getting("dir", nil)},
		{"Stat of a missing file", "files: stat dir/missing: file does not exist", func() error {
			_, err := b.Stat(ctx, "dir/missing", nil)
			return err
		}},
		{
			"Get of an illegal name", "files: get a//b: invalid name: double slash at byte 2",
			getting("a//b", nil),
		},
		{
			"Put of an illegal name", "files: put a//b: invalid name: double slash at byte 2",
			putting("a//b", nil),
		},
		{
			"Delete of an illegal name",
			"files: delete ../a: invalid name: element \"..\" at byte 0",
			func() error {
				return b.Delete(ctx, "../a", nil)
			},
		},
		{"Put of nil", "files: put dir/new: invalid argument: content is nil", func() error {
			_, err := b.Put(ctx, fresh, nil, nil)
			return err
		}},
		{"Put of a negative size", "files: put dir/new: invalid argument: negative size -1",
			putting(fresh, &files.PutOptions{Size: new(int64(-1))})},
		{"Put of too much", "files: put dir/new: content does not match its size or digest: " +
			"content is longer than the 9 bytes declared", putting(fresh,
			&files.PutOptions{Size: new(int64(9))})},
		{"Put of too little", "files: put dir/new: content does not match its size or digest: " +
			"content has 10 bytes, fewer than the 11 declared", putting(fresh,
			&files.PutOptions{Size: new(int64(11))})},
		{
			"Put of another digest",
			"files: put dir/new: content does not match its size or digest: " +
				"the content's MD5 digest is not the one declared",
			putting(fresh, &files.PutOptions{Digest: files.Digest{MD5: strings.Repeat("0", 32)}}),
		},
		{"Put of a failing reader", "files: put dir/new: " + check.ErrReader.Error(), func() error {
			_, err := b.Put(ctx, fresh, check.Failing(nil, false, check.ErrReader), nil)
			return err
		}},
		{
			"Get of a negative range",
			"files: get dir/old: invalid argument: negative offset -1 in range",
			getting(old, &files.GetOptions{Range: files.From(-1)}),
		},
		{
			"List of an illegal directory",
			"files: list a//b: invalid name: double slash at byte 2",
			func() error {
				return check.Listing(b, "a//b", nil).Call(ctx)
			},
		},
		{
			"List with a negative limit",
			"files: list dir: invalid argument: negative limit -1",
			func() error {
				return check.Listing(b, "dir", &files.ListOptions{Limit: -1}).Call(ctx)
			},
		},
		{"Copy of a missing file", "files: copy dir/missing to dir/new: file does not exist",
			copying("dir/missing", fresh, nil)},
		{"Put in an ended context", "files: put dir/new: context canceled", func() error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := b.Put(ctx, fresh, check.Stream(nil), nil)
			return err
		}},
		{"Read after Close", "files: get dir/old: already closed", func() error {
			r, err := b.Get(ctx, old, nil)
			if err != nil {
				return err
			}
			r.Close()
			_, err = r.Read(make([]byte, 1))
			return err
		}},
	}
	conditional := func(claimed bool, op string, what, outcome string, unsupported string,
		call func() error) {
		text := "files: " + op + ": " + outcome
		if !claimed {
			text = "files: " + op + ": unsupported operation: the bucket " + unsupported
		}
		all = append(all, situation{what, text, call})
	}
	const exists, not = "file already exists", "file is not of the expected version"
	conditional(f.IfAbsent, "put dir/old", "Put with IfAbsent", exists, "doesn't support IfAbsent",
		putting(old, &files.PutOptions{If: files.IfAbsent()}))
	conditional(f.IfVersion, "put dir/old", "Put over another version", not,
		"doesn't support IfVersion",
		putting(old, &files.PutOptions{If: files.IfVersion(stale)}))
	conditional(f.IfVersion, "put dir/new", "Put over the version of a missing file", not,
		"doesn't support IfVersion",
		putting(fresh, &files.PutOptions{If: files.IfVersion(stale)}))
	conditional(f.DeleteIfVersion, "delete dir/old", "Delete of another version", not,
		"can't delete a certain version",
		func() error { return b.Delete(ctx, old, &files.DeleteOptions{IfVersion: stale}) })
	conditional(f.DeleteIfVersion, "delete dir/new", "Delete of a version of a missing file", not,
		"can't delete a certain version",
		func() error { return b.Delete(ctx, fresh, &files.DeleteOptions{IfVersion: stale}) })
	conditional(f.ReadConditions, "get dir/old", "Get of another version", not,
		"has no conditional reads",
		getting(old, &files.GetOptions{IfVersion: stale}))
	if f.ReadConditions && f.Versions {
		conditional(true, "get dir/old", "Get of a current copy", "file is not modified", "",
			getting(old, &files.GetOptions{IfNotVersion: check.Stat(t, b, old).Version}))
	}
	if f.IfAbsent {
		conditional(true, "copy dir/old to dir/other", "Copy with IfAbsent", exists, "",
			copying(old, "dir/other", &files.CopyOptions{If: files.IfAbsent()}))
	}
	if f.IfVersion {
		conditional(true, "copy dir/old to dir/other", "Copy over another version", not, "",
			copying(old, "dir/other", &files.CopyOptions{If: files.IfVersion(stale)}))
	}
	if f.ReadConditions {
		conditional(true, "copy dir/old to dir/other", "Copy of another version", not, "",
			copying(old, "dir/other", &files.CopyOptions{IfSource: stale}))
	}
	return all
}

// errorTexts compares the texts with fixed ones, so that they are equal on every bucket
// that passes.
func errorTexts(t suite.T, h *suite.H) {
	for _, s := range situations(t, h.Bucket) {
		err := s.err()
		if err == nil {
			t.Errorf("%s: got no error, want %q", s.what, s.text)
			continue
		}
		check.Same(t, "the text of the error of "+s.what, err.Error(), s.text)
	}
	h.Close()
	_, err := h.Stat(t.Context(), "dir/old", nil)
	if err == nil {
		t.Fatalf("Stat in a closed bucket: got no error, want one")
	}
	check.Same(t, "the text of the error of Stat in a closed bucket", err.Error(),
		"files: stat dir/old: already closed")
}
