package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func appendX(old []byte) ([]byte, error) { return append(old, 'x'), nil }

func TestUpdateMissingEmptyAndSame(t *testing.T) {
	b := mem.New(nil)
	step := func(what string, wantNil bool, result []byte, rerr error, want string,
		wantWrite bool) {
		t.Helper()
		before, _ := b.Stat(ctx, "a", nil)
		info, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
			if (old == nil) != wantNil {
				t.Errorf("%s: old is nil: %v", what, old == nil)
			}
			return result, rerr
		}, nil)
		if err != nil {
			t.Fatalf("%v: Update = %v, want no error", what, err)
		}
		after, err := b.Stat(ctx, "a", nil)
		if err == nil && info.Version != after.Version || err != nil && info.Name != "" {
			t.Errorf("%s: Update = %v, want Stat's %v", what, info, after)
		}
		if wrote := before.Version != after.Version; wrote != wantWrite {
			t.Errorf("%s: wrote: %v, want %v", what, wrote, wantWrite)
		}
		if err == nil {
			has(t, b, "a", want)
		}
	}
	step("missing, nothing", true, nil, nil, "", false)
	step("missing, skip", true, []byte("x"), files.SkipUpdate, "", false)
	missing(t, b, "a")
	step("missing, empty", true, []byte{}, nil, "", true)
	step("empty, empty", false, []byte{}, nil, "", false)
	step("empty, nil", false, nil, nil, "", false)
	step("empty, text", false, []byte("text"), nil, "text", true)
	step("same", false, []byte("text"), nil, "text", false)
	step("skip", false, []byte("other"), files.SkipUpdate, "text", false)
	step("to nothing", false, nil, nil, "", true)
}

// TestUpdateInPlace: a function that changes what it was given must not look like one
// that changed nothing.
func TestUpdateInPlace(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "old")
	_, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
		copy(old, "new")
		return old, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	has(t, b, "a", "new")
}

func TestUpdateAttributes(t *testing.T) {
	b := mem.New(&mem.Options{VersionPerPut: true})
	a := files.Attributes{
		ContentType:  "x/y",
		CacheControl: "no-store",
		Metadata:     map[string]string{"k": "v"},
	}
	if _, err := files.PutString(ctx, b, "a.txt", "1",
		&files.PutOptions{Attributes: a}); err != nil {
		t.Fatal(err)
	}
	info, err := files.Update(ctx, b, "a.txt", appendX, nil)
	if err != nil || info.ContentType != "x/y" || info.CacheControl != "no-store" ||
		info.Metadata["k"] != "v" {
		t.Error("attributes are not kept:", info, err)
	}
	same := func(old []byte) ([]byte, error) { return old, nil }
	for _, c := range []struct {
		a     files.Attributes
		write bool
	}{{a, false}, {files.Attributes{
		CacheControl: "no-store",
		Metadata:     map[string]string{"K": "v"},
	}, false}, {files.Attributes{ContentType: "x/z"}, true}, {files.Attributes{}, false}} {
		got, err := files.Update(ctx, b, "a.txt", same, &files.UpdateOptions{Attributes: &c.a})
		if err != nil || (got.Version != info.Version) != c.write {
			t.Errorf("%v: Update = %v, %v", c.a, got, err)
		}
		info = got
	}
	if len(info.Metadata) != 0 || info.CacheControl != "" {
		t.Error("attributes are not replaced:", info)
	}
	_, err = files.Update(ctx, b, "a.txt", same,
		&files.UpdateOptions{Attributes: &files.Attributes{ContentType: "x\n"}})
	is(t, err, files.ErrInvalid)
}

func TestUpdateErrors(t *testing.T) {
	closed := mem.New(nil)
	closed.Close()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	full := mem.New(nil)
	put(t, full, "a", "12345")
	never := func([]byte) ([]byte, error) { t.Error("called"); return nil, nil }
	for _, c := range []struct {
		what string
		ctx  context.Context
		b    files.Bucket
		name string
		fn   func([]byte) ([]byte, error)
		opts *files.UpdateOptions
		want error
	}{
		{"name", ctx, full, "/a", never, nil, files.ErrInvalidName},
		{"no function", ctx, full, "a", nil, nil, files.ErrInvalid},
		{"attempts", ctx, full, "a", never, &files.UpdateOptions{Attempts: -1}, files.ErrInvalid},
		{
			"negative limit", ctx, full, "a", never, &files.UpdateOptions{MaxBytes: -1},
			files.ErrInvalid,
		},
		{"limit", ctx, full, "a", never, &files.UpdateOptions{MaxBytes: 4}, files.ErrTooLarge},
		{"closed", ctx, closed, "a", never, nil, files.ErrClosed},
		{"context", ended, full, "a", never, nil, context.Canceled},
		{"no versions", ctx, fixed(func(f *files.Features) {
			f.IfVersion = false
		}), "a", never, nil, files.ErrUnsupported},
		{"no create", ctx, fixed(func(f *files.Features) {
			f.IfAbsent = false
		}), "a", never, nil, files.ErrUnsupported},
		{"read-only", ctx, files.ReadOnly(full), "a", never, nil, files.ErrPermission},
		{"fn's own", ctx, full, "a", func([]byte) ([]byte, error) {
			return []byte("x"), errBroken
		}, nil, errBroken},
	} {
		_, err := files.Update(c.ctx, c.b, c.name, c.fn, c.opts)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Update = %v, want %v", c.what, err, c.want)
		}
		if e, ok := errors.AsType[*files.Error](err); !ok || e.Op != files.OpUpdate ||
			e.Name != c.name {
			t.Errorf("%s: the error is %#v, want one of update with the name %q",
				c.what, err, c.name)
		}
	}
	has(t, full, "a", "12345")
	// An error about another file keeps its name.
	_, err := files.Update(ctx, full, "a", func([]byte) ([]byte, error) {
		_, err := files.ReadAll(ctx, full, "other", nil)
		return nil, err
	}, nil)
	if want := "files: update a: file does not exist: get other: file does not exist"; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestUpdateRace: 16 goroutines add, and no addition is lost.
func TestUpdateRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 8 {
					_, err := files.Update(t.Context(), b, "n", func(old []byte) ([]byte, error) {
						n, _ := strconv.Atoi(string(old))
						time.Sleep(time.Millisecond) // of the bubble's clock: others come between
						return []byte(strconv.Itoa(n + 1)), nil
					}, &files.UpdateOptions{Attempts: 10000})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		has(t, b, "n", "128")
	})
}

func TestUpdateAttempts(t *testing.T) {
	for _, exists := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := mem.New(nil)
			if exists {
				put(t, b, "a", "0")
			}
			calls := 0
			start := time.Now()
			_, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
				calls++
				if !exists { // the file comes and goes, so each attempt creates it
					put(t, b, "a", fmt.Sprint("other", calls))
					return []byte("mine"), nil
				}
				put(t, b, "a", fmt.Sprint(calls))
				return []byte("mine"), nil
			}, &files.UpdateOptions{Attempts: 5})
			is(t, err, files.ErrPrecondition)
			if calls != 5 {
				t.Errorf("%d calls, want 5", calls)
			}
			if d := time.Since(start); d > (4+8+16+32)*time.Millisecond {
				t.Errorf("waited %v of the bubble's time", d)
			}
		})
	}
}

func TestUpdateContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		ctx, cancel := context.WithTimeoutCause(ctx, 500*time.Millisecond, nil)
		defer cancel()
		n := 0
		_, err := files.Update(ctx, b, "a", func(old []byte) ([]byte, error) {
			n++
			put(t, b, "a", fmt.Sprint(n))
			return []byte("mine"), nil
		}, &files.UpdateOptions{Attempts: 1 << 30})
		is(t, err, context.DeadlineExceeded)
	})
}

// heedless is a bucket that ignores the end of contexts.
type heedless struct{ files.Bucket }

func (h heedless) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	return h.Bucket.Get(context.WithoutCancel(ctx), name, opts)
}

func (h heedless) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return h.Bucket.Put(context.WithoutCancel(ctx), name, content, opts)
}

// TestUpdateEndsWithItsContext: when the context ends during a wait, Update ends, also if
// the bucket would go on.
func TestUpdateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		n := 0
		_, err := files.Update(ctx, heedless{b}, "a", func([]byte) ([]byte, error) {
			if ctx.Err() != nil {
				t.Error("the function is called after the end of the context")
				return nil, ctx.Err()
			}
			n++
			put(t, b, "a", fmt.Sprint(n))
			return []byte("mine"), nil
		}, &files.UpdateOptions{Attempts: 1 << 30})
		is(t, err, context.DeadlineExceeded)
		has(t, b, "a", fmt.Sprint(n))
	})
}

// once is a value whose type can decode it only once.
type once struct{ N int }

var onceDecoded, errTwice = false, errors.New("decoded again")

func (o *once) UnmarshalJSON([]byte) error {
	if onceDecoded {
		return errTwice
	}
	onceDecoded, o.N = true, 3
	return nil
}

// TestUpdateJSONDecodesAgain: a value that can't be decoded again after a skipped update
// is an error, since the function may have changed what was decoded before.
func TestUpdateJSONDecodesAgain(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "doc", "3")
	onceDecoded = false
	_, err := files.UpdateJSON(ctx, b, "doc", func(v *once) error {
		if v.N != 3 {
			t.Errorf("the value is %d, want 3", v.N)
		}
		return files.SkipUpdate
	}, nil)
	is(t, err, errTwice)
	has(t, b, "doc", "3")
}

func TestUpdateJSON(t *testing.T) {
	type doc struct {
		N    int            `json:"n"`
		Tags map[string]int `json:"tags,omitempty"`
	}
	b := mem.New(nil)
	add := func(d *doc) error { d.N++; return nil }
	for want := 1; want <= 3; want++ {
		got, err := files.UpdateJSON(ctx, b, "doc", add, nil)
		if err != nil || got.N != want {
			t.Fatalf("UpdateJSON = %v, %v, want no error and N %v", got, err, want)
		}
	}
	if info, _ := b.Stat(ctx, "doc", nil); info.ContentType != "application/json" {
		t.Error("content type is", info.ContentType)
	}
	has(t, b, "doc", `{"n":3}`)
	put(t, b, "doc", `{"n":3,"tags":{"a":1}}`)
	got, err := files.UpdateJSON(ctx, b, "doc", func(d *doc) error {
		d.N, d.Tags["a"] = 9, 9
		return files.SkipUpdate
	}, nil)
	if err != nil || got.N != 3 || got.Tags["a"] != 1 {
		t.Error("a skipped update gave", got, err)
	}
	put(t, b, "doc", "not json")
	if _, err = files.UpdateJSON(ctx, b, "doc", add, nil); err == nil {
		t.Error("text that is not JSON was updated")
	}
	has(t, b, "doc", "not json")
	_, err = files.UpdateJSON(ctx, b, "fn", func(f *struct{ F func() }) error { return nil }, nil)
	is(t, err, files.ErrInvalid)
}
