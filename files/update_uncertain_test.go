package files_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// lossy is a bucket whose first Put returns ErrUncertain. If happens is true, the
// content is stored nonetheless. then is called afterwards.
func lossy(b files.Bucket, happens bool, then func()) files.Bucket {
	lost := false
	return around(b,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpPut || lost {
				return next(ctx)
			}
			lost = true
			if happens {
				if err := next(ctx); err != nil {
					return err
				}
			}
			then()
			return driver.Errorf(files.ErrUncertain, "the response was lost")
		})
}

func TestUpdateUncertain(t *testing.T) {
	for _, exists := range []bool{true, false} {
		for _, c := range []struct {
			what    string
			happens bool
			then    string // what another writer does
			want    error
			content string
			calls   int
		}{
			{"it happened", true, "", nil, "1x", 1},
			{"it did not", false, "", nil, "1x", 1},
			{"it happened, and more", true, "2", files.ErrUncertain, "2", 1},
			{"it did not, and somebody wrote", false, "2", files.ErrUncertain, "2", 1},
		} {
			t.Run(fmt.Sprint(c.what, exists), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := mem.New(nil)
					if exists {
						put(t, b, "a", "1")
					}
					calls := 0
					_, err := files.Update(ctx, lossy(b, c.happens, func() {
						if c.then != "" {
							put(t, b, "a", c.then)
						}
					}), "a", func(old []byte) ([]byte, error) {
						if calls++; old == nil {
							return []byte("1x"), nil
						}
						return appendX(old)
					}, nil)
					if !errors.Is(err, c.want) {
						t.Errorf("Update = %v, want %v", err, c.want)
					}
					if calls != c.calls {
						t.Errorf("%d calls, want %v", calls, c.calls)
					}
					has(t, b, "a", c.content)
				})
			})
		}
	}
}

// TestUpdateUncertainThenLate: a write whose response was lost is carried out only
// after the file was read again.
func TestUpdateUncertainThenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		put(t, b, "a", "1")
		gets := 0
		late := around(lossy(b, false, func() {}),
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				err := next(ctx)
				if c.Op == files.OpGet {
					if gets++; gets == 2 {
						put(t, b, "a", "1x")
					}
				}
				return err
			})
		if _, err := files.Update(ctx, late, "a", appendX, nil); err != nil {
			t.Fatal(err)
		}
		has(t, b, "a", "1x") // and not 1xx
	})
}

// TestUpdateUncertainThenFailure: a failure after a lost response must not look as if
// nothing had changed.
func TestUpdateUncertainThenFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		put(t, b, "a", "1")
		gets := 0
		flaky := around(lossy(b, true, func() {}),
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op == files.OpGet {
					if gets++; gets == 2 {
						return driver.Errorf(files.ErrUnavailable, "nobody answers")
					}
				}
				return next(ctx)
			})
		_, err := files.Update(ctx, flaky, "a", appendX, nil)
		is(t, err, files.ErrUncertain)
		is(t, err, files.ErrUnavailable)
		if files.KindOf(err) != files.ErrUncertain {
			t.Error("classed as", files.KindOf(err))
		}
	})
}

// TestUncertainEndOfContext: if the context ends while an update waits after a lost
// response, the write may have been carried out, and the error says so (P2).
func TestUncertainEndOfContext(t *testing.T) {
	for what, update := range map[string]func(context.Context, files.Bucket) error{
		"Update": func(ctx context.Context, b files.Bucket) error {
			_, err := files.Update(ctx, b, "a", appendX, nil)
			return err
		},
		"UpdateAttributes": func(ctx context.Context, b files.Bucket) error {
			_, err := files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
				a.CacheControl = "no-store"
				return nil
			}, nil)
			return err
		},
	} {
		for _, happens := range []bool{true, false} {
			b := mem.New(nil)
			put(t, b, "a", "1")
			ctx, cancel := context.WithCancel(ctx)
			// Without a copy inside the store both write by Put.
			err := update(ctx, claimsLess(lossy(b, happens, cancel), func(f *files.Features) {
				f.ServerCopy = false
			}))
			if files.KindOf(err) != files.ErrUncertain || !errors.Is(err, context.Canceled) {
				t.Errorf("%s = %v, want ErrUncertain and Canceled", what, err)
			}
		}
	}
}
