package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// getPart is the function that Transform.Open gets.
type getPart = func(context.Context, files.Range) (*files.Reader, error)

// opens is a wrapper that opens a stored file with open. It stores content as it is.
func opens(b files.Bucket, open func(context.Context, files.Range,
	func(context.Context, files.Range) (*files.Reader, error)) (files.Info, io.Reader, error),
	change func(*files.Hooks)) files.Bucket {
	h := files.Hooks{Transform: &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return plain, size, nil
		},
		Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
		Open: func(ctx context.Context, _ *files.Call, r files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			return open(ctx, r, get)
		},
	}}
	if change != nil {
		change(&h)
	}
	return files.Wrap(b, h)
}

// whole opens the stored file as it is.
func whole(ctx context.Context, r files.Range, get getPart) (files.Info, io.Reader, error) {
	part, err := get(ctx, r)
	return part.Info(), part, err
}

// TestTransformOpenInfo: the Info of a Get has the size and attributes that Open returns,
// and the name, version and time of the stored file, unless Open has a time.
func TestTransformOpenInfo(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	stored, err := store.Stat(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	other := time.Unix(1e9, 0)
	for _, when := range []time.Time{{}, other} {
		b := opens(store, func(ctx context.Context, r files.Range, get getPart) (files.Info,
			io.Reader, error) {
			if _, err := get(ctx, r); err != nil {
				return files.Info{}, nil, err
			}
			i := files.Info{Entry: files.Entry{
				Name:    "other",
				Key:     "other",
				Version: "other",
				Size:    5,
				IsDir:   true,
				ModTime: when,
			}}
			i.CacheControl = "no-store"
			return i, strings.NewReader("plain"), nil
		}, nil)
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		want := stored.ModTime
		if !when.IsZero() {
			want = when
		}
		i := r.Info()
		if i.Name != "a" || i.Key != "" || i.Version != stored.Version || i.IsDir || i.Size != 5 ||
			i.CacheControl != "no-store" || !i.ModTime.Equal(want) {
			t.Errorf("Get has %+v, want version %s and time %v", i, stored.Version, want)
		}
		if got, err := r.ReadString(); got != "plain" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		r.Close()
	}
}

// TestTransformPartsOfOneVersion: the first part has the caller's conditions, and the
// others require the version of the first.
func TestTransformPartsOfOneVersion(t *testing.T) {
	store, puts := mem.New(nil), 0
	version := put(t, store, "a", "#text").Version
	var gets []files.GetOptions
	noted := around(store, func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		if c.Op == files.OpGet {
			gets = append(gets, *c.Get)
		}
		return next(ctx)
	})
	for _, conditions := range []bool{true, false} {
		gets = nil
		below := claimsLess(noted, func(f *files.Features) { f.ReadConditions = conditions })
		b := files.Wrap(below, files.Hooks{Transform: stamped(&puts)})
		o := &files.GetOptions{SkipVerify: true}
		if conditions {
			o.IfNotVersion = "other"
		}
		r, err := b.Get(ctx, "a", o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString(); got != "text" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		r.Close()
		want := map[bool]files.Version{true: version}[conditions]
		if len(gets) != 2 || gets[0].IfNotVersion != o.IfNotVersion || gets[0].IfVersion != "" ||
			gets[1].IfNotVersion != "" || gets[1].IfVersion != want || !gets[1].SkipVerify {
			t.Errorf("the parts have %+v, want the version %q", gets, want)
		}
	}
}

// TestTransformPartsAreClosed: each part is closed, whatever ends the Get or the question
// whether to store the file again.
func TestTransformPartsAreClosed(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	below, open := openBodies(store)
	check := func(what string) {
		t.Helper()
		if n := open.Swap(0); n != 0 {
			t.Errorf("%s: %d parts are open, want none", what, n)
		}
	}
	b := opens(below, func(ctx context.Context, r files.Range, get getPart) (files.Info,
		io.Reader, error) {
		get(ctx, r)
		get(ctx, r)
		panic("the hook's")
	}, nil)
	func() {
		defer func() { recover() }()
		b.Get(ctx, "a", nil)
	}()
	check("a panic")
	for what, renew := range map[string]func() (bool, error){
		"not again": func() (bool, error) { return false, nil },
		"again":     func() (bool, error) { return true, nil },
		"fails":     func() (bool, error) { return false, errBroken },
		"panics":    func() (bool, error) { panic("the hook's") },
	} {
		b := opens(below, whole, func(h *files.Hooks) {
			h.Transform.Renew = func(ctx context.Context, c *files.Call,
				get func(context.Context, files.Range) (*files.Reader, error)) (bool, error) {
				if _, err := get(ctx, files.Bytes(0, 1)); err != nil || c.Name != "a" {
					t.Errorf("%s: %v for %s", what, err, c.Name)
				}
				return renew()
			}
		})
		func() {
			defer func() { recover() }()
			_, err := files.Copy(ctx, b, "a", b, "a", nil)
			if (err != nil) != (what == "fails") {
				t.Errorf("%s: Copy = %v", what, err)
			}
		}()
		check(what)
	}
}

// TestTransformBodyIsClosed: the plain body that Open returned is closed once, with the
// Reader, if it has one of the two usual Close methods.
func TestTransformBodyIsClosed(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	n := 0
	for what, body := range map[string]func(io.Reader) io.Reader{
		"an io.Closer": func(r io.Reader) io.Reader { return &counted{r, &n} },
		"a decoder":    func(r io.Reader) io.Reader { return &closing{r, func() { n++ }} },
	} {
		n = 0
		b := opens(store, func(ctx context.Context, r files.Range, get getPart) (files.Info,
			io.Reader, error) {
			part, err := get(ctx, r)
			return part.Info(), body(part), err
		}, nil)
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString(); got != "text" || err != nil || n != 0 {
			t.Errorf("%s: %q, %v, and it was closed %d times", what, got, err, n)
		}
		r.Close()
		if r.Close(); n != 1 {
			t.Errorf("%s was closed %d times, want once", what, n)
		}
	}
}

// counted is a reader that counts its Closes.
type counted struct {
	io.Reader
	n *int
}

func (c *counted) Close() error { *c.n++; return nil }

// TestTransformPartsHaveTheCallersName: a part has the name that the caller gave, not that
// in the bucket below, and so have its errors.
func TestTransformPartsHaveTheCallersName(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "d/a", "text")
	named := func(what string, err error) {
		t.Helper()
		if e, ok := errors.AsType[*files.Error](err); !ok || e.Name != "a" ||
			strings.Contains(err.Error(), "d/") {
			t.Errorf("%s: %v, want an error about a", what, err)
		}
	}
	b := opens(store, func(ctx context.Context, r files.Range, get getPart) (files.Info,
		io.Reader, error) {
		part, err := get(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if name := part.Info().Name; name != "a" {
			t.Errorf("the part has the name %q", name)
		}
		part.Close()
		_, err = part.Read(make([]byte, 1))
		named("a part that is closed", err)
		store.Delete(ctx, "d/a", nil)
		_, err = get(ctx, r)
		named("a part of no file", err)
		is(t, err, files.ErrChanged)
		return files.Info{}, nil, err
	}, func(h *files.Hooks) {
		h.Names = &files.NameMap{
			Extra: 2,
			In:    func(name string) string { return "d/" + name },
		}
	})
	_, err := b.Get(ctx, "a", nil)
	named("Get", err)
}

// TestTransformPlainDigest: a plain digest that Open returns is checked if the wrapper
// claims digests and the caller doesn't skip that.
func TestTransformPlainDigest(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	for _, claimed := range []bool{true, false} {
		for _, skip := range []bool{true, false} {
			b := opens(store, func(ctx context.Context, r files.Range, get getPart) (files.Info,
				io.Reader, error) {
				i, part, err := whole(ctx, r, get)
				i.Digest = files.Digest{CRC32C: "00000000"}
				return i, part, err
			}, func(h *files.Hooks) {
				h.Features = func(f files.Features) files.Features {
					f.Digests = claimed
					return f
				}
			})
			r, err := b.Get(ctx, "a", &files.GetOptions{SkipVerify: skip})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.ReadAll()
			if errors.Is(err, files.ErrCorrupt) != (claimed && !skip) {
				t.Errorf("digests are claimed: %v, the check is skipped: %v: %v", claimed, skip,
					err)
			}
			r.Close()
		}
	}
}
