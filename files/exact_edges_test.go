package files_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestMuxKeepsItsSchemes: what a caller gets of a Mux, or gave to it, is the caller's own
// memory, and a Mux that was read can be registered at.
func TestMuxKeepsItsSchemes(t *testing.T) {
	params := []files.Param{{Name: "region", Values: "text"}, {Name: "other", Values: "text"}}
	var m files.Mux
	open := func(context.Context, *url.URL) (files.Bucket, error) { return mem.New(nil), nil }
	m.Register(files.Scheme{Name: "xx", Params: params[:1], Open: open})
	if _, err := m.Describe("xx://b?readonly=true"); err != nil {
		t.Fatal(err)
	}
	if params[1].Name != "other" {
		t.Errorf("Describe changed the driver's memory: %+v", params)
	}
	m.Schemes()[0].Params[0].Name = "changed"
	if got := m.Schemes()[0].Params; len(got) != 1 || got[0].Name != "region" {
		t.Errorf("the scheme has %+v, want region alone", got)
	}
	m.Register(files.Scheme{Name: "yy", Open: open}) // waits if Schemes kept the lock
	if got := m.Schemes(); len(got) != 2 {
		t.Errorf("%d schemes, want 2", len(got))
	}
}

// TestRedactedParams: a parameter of the scheme is shown whatever its name looks like, and
// a word in its name makes its value a secret in every case (U1).
func TestRedactedParams(t *testing.T) {
	var m files.Mux
	m.Register(files.Scheme{
		Name:   "xx",
		Params: []files.Param{{Name: "a1b2c3", Values: "text"}},
		Open: func(context.Context, *url.URL) (files.Bucket, error) {
			return mem.New(nil), nil
		},
	})
	for in, want := range map[string]string{
		"xx://b?a1b2c3":     "xx://b?a1b2c3",
		"xx://b?a1b2c3=odd": "xx://b?a1b2c3=…",
		"xx://b?a1b2c4=odd": "xx://b?…",
		"xx://b?SIG=1":      "xx://b?SIG=…",
		"xx://b?sig=1":      "xx://b?sig=…",
		"xx://b?sign=1":     "xx://b?sign=…",
		"xx://b?one=1":      "xx://b?one=1",
		"xx://a=b":          "xx://…",
		"xx://b?prefix=a=b": "xx://b?prefix=…",
		"xx":                "…",
		"z://":              "z://",
		"zz://":             "zz://",
		"a://":              "a://",
		"y://b":             "y://…",
	} {
		full := in
		if strings.HasPrefix(in, "xx:") {
			full += "#x" // which no bucket has
		}
		_, err := m.Describe(full)
		e, ok := errors.AsType[*files.Error](err)
		if !ok {
			t.Errorf("%q is described: %v", in, err)
			continue
		}
		if got := strings.TrimSuffix(e.Name, "#…"); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// TestRefusedURLs: what the error of a URL advises, exactly.
func TestRefusedURLs(t *testing.T) {
	var m files.Mux
	m.Register(files.Scheme{
		Name: "mem",
		Open: func(context.Context, *url.URL) (files.Bucket, error) {
			return mem.New(nil), nil
		},
	})
	const anyPath = "a path is not a URL; write file:///absolute/path/to/folder, or another " +
		"scheme:// in front"
	const fragment = "a # begins a fragment, which no bucket has; write %23 for the character " +
		"itself"
	for in, want := range map[string]string{
		"x":             anyPath,
		"/":             "a path is not a URL; write file:///",
		"/x":            "a path is not a URL; write file:///x",
		"//x/y":         anyPath,
		"//":            anyPath,
		`C:\`:           "a path is not a URL; write file:///C:/",
		"C:/a b":        "a path is not a URL; write file:///C:/a%20b",
		`a\b`:           anyPath,
		`.\b`:           "a path is not a URL; write file:///absolute/path/to/b",
		"./b":           "a path is not a URL; write file:///absolute/path/to/b",
		"mem://b#":      fragment,
		"mem://b#x":     fragment,
		"mem://b?a%3D1": `unknown parameter "a"; mem:// knows key, prefix, readonly`,
	} {
		_, err := m.Describe(in)
		e, ok := errors.AsType[*files.Error](err)
		if !ok || e.Kind != files.ErrInvalid || e.Detail != want {
			t.Errorf("%q: %+v, want %q", in, err, want)
		}
	}
}

// TestErrorOfAnError: the detail that driver.WithCause was given is the text, even if the
// cause is an *Error, and an OpOpen's name is shown without secrets (E1).
func TestErrorOfAnError(t *testing.T) {
	cause := &files.Error{Op: files.OpGet, Name: "n", Kind: files.ErrNotExist}
	err := driver.NewError(files.OpPut, "a", driver.WithCause(files.ErrInvalid, cause, "words"))
	if want := "files: put a: invalid argument: words"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	opened := &files.Error{Op: files.OpOpen, Name: "x://u:p@h", Kind: files.ErrInvalid}
	if want := "files: open x://…@h: invalid argument"; opened.Error() != want {
		t.Errorf("%q, want %q", opened, want)
	}
	named := &files.Error{Op: files.OpGet, Name: "x:/u:p@h", Kind: files.ErrInvalid}
	if want := "files: get x:/u:p@h: invalid argument"; named.Error() != want {
		t.Errorf("%q, want %q", named, want)
	}
}

// TestMoveChecksFirst: Move finds an illegal target before it looks for the source (E2).
func TestMoveChecksFirst(t *testing.T) {
	src, dst := mem.New(nil), mem.New(nil)
	_, err := files.Move(ctx, dst, "a//b", src, "none", nil)
	is(t, err, files.ErrInvalidName)
	_, err = files.Move(ctx, files.ReadOnly(dst), "b", src, "none", nil)
	is(t, err, files.ErrPermission)
	_, err = files.Move(ctx, nil, "b", src, "a/", nil)
	if is(t, err, files.ErrInvalid); !strings.HasSuffix(err.Error(), "the bucket is nil") {
		t.Errorf("%v, want that the bucket is nil", err)
	}
}

// TestMoveOfOneVersion: if the source is replaced after Move looked at it, nothing is
// copied (C1).
func TestMoveOfOneVersion(t *testing.T) {
	inner, dst := mem.New(nil), mem.New(nil)
	put(t, inner, "a", "old")
	once := false
	src := around(inner,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			err := next(ctx)
			if c.Op == files.OpStat && !once {
				once = true
				put(t, inner, "a", "newer")
			}
			return err
		})
	_, err := files.Move(ctx, dst, "b", src, "a", nil)
	is(t, err, files.ErrPrecondition)
	missing(t, dst, "b")
	has(t, inner, "a", "newer")
}

// TestDeleteOfAClosedBucket: DeleteMany ends at a closed bucket, so no name has
// failed.
func TestDeleteOfAClosedBucket(t *testing.T) {
	b := mem.New(nil)
	b.Close()
	res, err := files.DeleteMany(ctx, b, slices.Values([]string{"a", "b"}))
	is(t, err, files.ErrClosed)
	e, _ := errors.AsType[*files.Error](err)
	if e.Op != files.OpDeleteMany || len(res.Failed) != 0 || res.Deleted != 0 {
		t.Errorf("DeleteMany = %+v, %v, want no result", res, err)
	}
}

// TestDigestsInPairs: Conflict names the digest that differs, whatever else is known.
func TestDigestsInPairs(t *testing.T) {
	fields := []struct {
		name string
		set  func(*files.Digest, string)
		n    int
	}{
		{"CRC-32C", func(d *files.Digest, s string) { d.CRC32C = s }, 8},
		{"MD5", func(d *files.Digest, s string) { d.MD5 = s }, 32},
		{"SHA-256", func(d *files.Digest, s string) { d.SHA256 = s }, 64},
		{"CRC-32", func(d *files.Digest, s string) { d.CRC32 = s }, 8},
		{"CRC-64/NVME", func(d *files.Digest, s string) { d.CRC64NVME = s }, 16},
	}
	for i, f := range fields {
		for j, g := range fields {
			var d, e files.Digest
			f.set(&d, strings.Repeat("a", f.n))
			g.set(&d, strings.Repeat("b", g.n))
			if i != j {
				g.set(&e, strings.Repeat("B", g.n)) // the same in the other case
				if c := d.Conflict(e); c != "" {
					t.Errorf("%s and %s: conflict %q, want none", f.name, g.name, c)
				}
			}
			f.set(&e, strings.Repeat("c", f.n))
			if c := d.Conflict(e); c != f.name {
				t.Errorf("%s and %s: conflict %q, want %s", f.name, g.name, c, f.name)
			}
			if c := e.Conflict(d); c != f.name {
				t.Errorf("%s and %s: conflict %q, want %s", g.name, f.name, c, f.name)
			}
		}
		for _, c := range []struct {
			text, want string
		}{
			{strings.Repeat("F", f.n), strings.Repeat("f", f.n)},
			{strings.Repeat("0", f.n), strings.Repeat("0", f.n)},
			{strings.Repeat("9A", f.n/2), strings.Repeat("9a", f.n/2)},
			{strings.Repeat("a", f.n-1), ""},
			{strings.Repeat("a", f.n+1), ""},
			{strings.Repeat("a", f.n-1) + "g", ""},
			{"G" + strings.Repeat("a", f.n-1), ""},
			{strings.Repeat("a", f.n-1) + "/", ""},
			{strings.Repeat("a", f.n-1) + ":", ""},
			{strings.Repeat("a", f.n-1) + "@", ""},
			{strings.Repeat("a", f.n-1) + "`", ""},
		} {
			var d, want files.Digest
			f.set(&d, c.text)
			f.set(&want, c.want)
			got, err := d.Normalize()
			if got != want || errors.Is(err, files.ErrInvalid) != (c.want == "") {
				t.Errorf("%s %q: %+v, %v, want %+v", f.name, c.text, got, err, want)
			}
			if c.want == "" && err != nil && !strings.Contains(err.Error(), f.name+" digest") {
				t.Errorf("%s %q: %v doesn't name the digest", f.name, c.text, err)
			}
		}
	}
}

// nowhere is a bucket that doesn't know where its files are.
type nowhere struct{ files.Bucket }

func (nowhere) Locate(string) (store any, key string) { return nil, "" }

// TestCopyOntoItselfNowhere: a file of one bucket is itself, although the bucket doesn't
// know its store (C1).
func TestCopyOntoItselfNowhere(t *testing.T) {
	b := nowhere{mem.New(&mem.Options{VersionPerPut: true})}
	before := put(t, b, "a", "text")
	put(t, b, "b", "text")
	info, err := files.Copy(ctx, b, "a", b, "a", nil)
	if err != nil || info.Version != before.Version {
		t.Errorf("Copy = %+v, %v, want the same version %s", info, err, before.Version)
	}
	if _, err := files.Move(ctx, b, "b", b, "a", nil); err != nil {
		t.Error(err)
	}
	has(t, b, "b", "text")
	missing(t, b, "a")
}

// TestUpdateJSONOfADeletedFile: if the file is deleted between two attempts, what the first
// one made of it isn't returned.
func TestUpdateJSONOfADeletedFile(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "n", "1")
	var seen []int
	v, err := files.UpdateJSON(ctx, b, "n", func(v *int) error {
		if seen = append(seen, *v); len(seen) == 1 {
			*v = 5
			return b.Delete(ctx, "n", nil)
		}
		return files.SkipUpdate
	}, nil)
	if err != nil || v != 0 || !slices.Equal(seen, []int{1, 0}) {
		t.Errorf("UpdateJSON = %d, %v after the values %v, want 0 after 1 and 0", v, err, seen)
	}
	missing(t, b, "n")
}
