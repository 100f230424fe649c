package files_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestUpdateAttemptsExactly: an update that another writer comes before each time gives up
// after exactly as many attempts as the options say, or as DefaultUpdateAttempts says.
func TestUpdateAttemptsExactly(t *testing.T) {
	for opts, want := range map[*files.UpdateOptions]int{
		nil:             files.DefaultUpdateAttempts,
		{}:              files.DefaultUpdateAttempts,
		{Attempts: 1}:   1,
		{Attempts: 2}:   2,
		{Attempts: 100}: 100,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := mem.New(nil)
			put(t, b, "a", "0")
			calls, n := 0, 0
			other := func() {
				calls++
				n++
				put(t, b, "a", fmt.Sprint(n)) // another content each time
			}
			_, err := files.Update(ctx, b, "a", func([]byte) ([]byte, error) {
				other()
				return []byte("mine"), nil
			}, opts)
			if is(t, err, files.ErrPrecondition); calls != want {
				t.Errorf("Update with %+v: %d attempts, want %d", opts, calls, want)
			}
			calls = 0
			_, err = files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
				other()
				a.CacheControl = "no-store"
				return nil
			}, opts)
			if is(t, err, files.ErrPrecondition); calls != want {
				t.Errorf("UpdateAttributes with %+v: %d attempts, want %d", opts, calls, want)
			}
		})
	}
}

// TestUpdateInNoBucket: Update doesn't take a missing bucket for a missing file.
func TestUpdateInNoBucket(t *testing.T) {
	gone := around(mem.New(nil), func(context.Context, *files.Call,
		func(context.Context) error) error {
		return files.ErrNoBucket
	})
	_, err := files.Update(ctx, gone, "a", func([]byte) ([]byte, error) {
		t.Error("the function is called")
		return []byte("x"), nil
	}, nil)
	is(t, err, files.ErrNoBucket)
}

// TestUpdateAttributesClosesBodies: UpdateAttributes has closed each body that it opened
// because the store can't copy the file onto itself, or can't copy at all.
func TestUpdateAttributesClosesBodies(t *testing.T) {
	change := func(a *files.Attributes) error { a.CacheControl += "x"; return nil }
	for what, c := range map[string]struct {
		copies bool                 // whether it claims to
		other  func(b files.Bucket) // what another writer does before the first Get
		put    error                // what each Put returns
		fn     func(*files.Attributes) error
		want   error
	}{
		"copied by Put":    {copies: true, fn: change},
		"read and written": {fn: change},
		"Put fails":        {put: errBroken, fn: change, want: errBroken},
		"copied by no Put": {copies: true, put: errBroken, fn: change, want: errBroken},
		"fn fails": {
			fn:   func(*files.Attributes) error { return errBroken },
			want: errBroken,
		},
		"fn skips":       {fn: func(*files.Attributes) error { return files.SkipUpdate }},
		"another writer": {other: func(b files.Bucket) { put(t, b, "a", "new") }, fn: change},
		"another and a copy": {
			copies: true,
			other:  func(b files.Bucket) { put(t, b, "a", "new") },
			fn:     change,
		},
	} {
		store := mem.New(nil)
		put(t, store, "a", "text")
		below, open := openBodies(store)
		gets := 0
		b := files.Wrap(below, files.Hooks{
			Around: func(ctx context.Context, call *files.Call,
				next func(context.Context) error) error {
				switch call.Op {
				case files.OpCopy:
					return files.ErrUnsupported
				case files.OpPut:
					if c.put != nil {
						return c.put
					}
				case files.OpGet:
					if gets++; gets == 1 && c.other != nil {
						defer c.other(store)
					}
				}
				return next(ctx)
			},
			Features: func(f files.Features) files.Features {
				f.ServerCopy = c.copies
				return f
			},
		})
		_, err := files.UpdateAttributes(ctx, b, "a", c.fn, nil)
		if c.want != nil {
			is(t, err, c.want)
		} else if err != nil {
			t.Errorf("%s: %v, want no error", what, err)
		}
		if n := open.Load(); n != 0 || gets == 0 {
			t.Errorf("%s: of %d bodies %d are open, want none", what, gets, n)
		}
	}
}
