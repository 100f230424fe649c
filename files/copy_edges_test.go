package files_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// refusesWrites is a bucket of another program's type that claims to be read-only.
type refusesWrites struct{ files.Bucket }

func (refusesWrites) Features() files.Features {
	f := mem.New(nil).Features()
	f.ReadOnly, f.ServerCopy = true, false
	return f
}

// TestReadOnlyOfAnotherType: what writes to a bucket that claims to be read-only is
// ErrPermission, even if its Put would succeed, after a bad name and after Close.
func TestReadOnlyOfAnotherType(t *testing.T) {
	src := mem.New(nil)
	put(t, src, "a", "text")
	for what, write := range map[string]func(b files.Bucket, name string) error{
		"Copy": func(b files.Bucket, name string) error {
			_, err := files.Copy(ctx, b, name, src, "a", nil)
			return err
		},
		"Copy onto itself": func(b files.Bucket, name string) error {
			_, err := files.Copy(ctx, b, name, b, name, nil)
			return err
		},
		"Move": func(b files.Bucket, name string) error {
			_, err := files.Move(ctx, b, name, src, "a", nil)
			return err
		},
		"Move from it": func(b files.Bucket, name string) error {
			_, err := files.Move(ctx, src, "b", b, name, nil)
			return err
		},
		"Update": func(b files.Bucket, name string) error {
			_, err := files.Update(ctx, b, name, func([]byte) ([]byte, error) {
				t.Error("the function of Update is called")
				return nil, files.SkipUpdate
			}, nil)
			return err
		},
		"UpdateAttributes": func(b files.Bucket, name string) error {
			_, err := files.UpdateAttributes(ctx, b, name, func(*files.Attributes) error {
				t.Error("the function of UpdateAttributes is called")
				return files.SkipUpdate
			}, nil)
			return err
		},
	} {
		store := mem.New(nil)
		put(t, store, "f", "old")
		b := refusesWrites{store}
		if err := write(b, "f"); !errors.Is(err, files.ErrPermission) {
			t.Errorf("%s: %v, want ErrPermission", what, err)
		}
		if err := write(b, "../f"); !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%s to a bad name: %v, want ErrInvalidName", what, err)
		}
		has(t, store, "f", "old")
		missing(t, src, "b")
		store.Close()
		if err := write(b, "f"); !errors.Is(err, files.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", what, err)
		}
	}
	has(t, src, "a", "text")
}

// vanished is a bucket that doesn't exist: only a listing can find that out.
type vanished struct {
	files.Bucket
	listing error
}

func (v vanished) Features() files.Features {
	f := v.Bucket.Features()
	f.StatNoBucket, f.ServerCopy = false, false
	return f
}

func (v vanished) List(context.Context, string,
	*files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if v.listing != nil {
			yield(files.Entry{}, v.listing)
		}
	}
}

// TestMissingBucketOrFile: Copy, Move and UpdateAttributes find out that it is the
// bucket that is missing, if Stat can't (E3).
func TestMissingBucketOrFile(t *testing.T) {
	for listing, want := range map[error]error{
		files.ErrNoBucket:   files.ErrNoBucket,
		files.ErrPermission: files.ErrNotExist,
		nil:                 files.ErrNotExist,
	} {
		b := vanished{mem.New(nil), listing}
		_, err := files.Move(ctx, mem.New(nil), "b", b, "a", nil)
		is(t, err, want)
		_, err = files.Copy(ctx, b, "a", b, "a", nil)
		is(t, err, want)
		if err := files.Check(ctx, b); !errors.Is(err, listing) {
			t.Errorf("Check = %v, want %v", err, listing)
		}
	}
}

// withoutServerCopy is the bucket, which copies by reading and writing.
func withoutServerCopy(b files.Bucket, hook func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Around: hook,
		Features: func(f files.Features) files.Features {
			f.ServerCopy = false
			return f
		},
	})
}

// TestCopyOntoItselfAfterAWriter: a copy onto itself that another writer came before
// reads the file again, and ends if that fails or finds no version.
func TestCopyOntoItselfAfterAWriter(t *testing.T) {
	changed := &files.CopyOptions{Attributes: &files.Attributes{CacheControl: "no-store"}}
	for what, c := range map[string]struct {
		stat func(n int, c *files.Call) error // after Stat number n
		want error
	}{
		"again":      {func(int, *files.Call) error { return nil }, nil},
		"Stat fails": {func(int, *files.Call) error { return errBroken }, errBroken},
		"no version": {func(_ int, c *files.Call) error {
			c.Info.Version = ""
			return nil
		}, files.ErrUnsupported},
	} {
		store := mem.New(nil)
		put(t, store, "a", "old")
		stats, puts := 0, 0
		b := withoutServerCopy(store,
			func(ctx context.Context, call *files.Call, next func(context.Context) error) error {
				if call.Op == files.OpPut {
					if puts++; puts == 1 {
						put(t, store, "a", "another's")
					}
				}
				err := next(ctx)
				if call.Op == files.OpStat && err == nil {
					if stats++; stats > 1 {
						return c.stat(stats, call)
					}
				}
				return err
			})
		info, err := files.Copy(ctx, b, "a", b, "a", changed)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		has(t, store, "a", "another's")
		if stat, _ := store.Stat(ctx, "a", nil); c.want == nil &&
			(stat.CacheControl != "no-store" || info.Version != stat.Version) {
			t.Errorf("%s: %+v, want the new attributes and version %q", what, stat, info.Version)
		}
	}
}

// TestRenewWithoutVersions: a file without a version isn't stored anew, because another
// writer's change would be lost.
func TestRenewWithoutVersions(t *testing.T) {
	store := &blank{Backend: driver.Unwrap(mem.New(nil))}
	below := driver.New(store)
	put(t, turning(below, 1), "a", "abc")
	writes := store.writes
	b := turning(below, 2)
	_, err := files.Copy(ctx, b, "a", b, "a", nil)
	is(t, err, files.ErrUnsupported)
	if store.writes != writes {
		t.Error("the file is written")
	}
}

// TestMoveThatCantLook: a Move whose source can't be looked at before its deletion
// fails, and keeps both files.
func TestMoveThatCantLook(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	stats := 0
	src := files.Wrap(store, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpStat {
				if stats++; stats == 2 {
					return errBroken
				}
			}
			return next(ctx)
		},
		Features: func(f files.Features) files.Features {
			f.DeleteIfVersion = false
			return f
		},
	})
	dst := mem.New(nil)
	_, err := files.Move(ctx, dst, "b", src, "a", &files.CopyOptions{MayLoseConcurrentPut: true})
	is(t, err, errBroken)
	has(t, dst, "b", "text")
	has(t, store, "a", "text")
	_, err = files.Move(ctx, dst, "b", src, "a", &files.CopyOptions{MayLoseConcurrentPut: true})
	if err != nil {
		t.Errorf("Move = %v, want no error", err)
	}
	missing(t, store, "a")
}

// TestDeleteManyGivesUp: DeleteMany counts what was deleted before the context ended,
// and ends after a thousand failures without asking for the other names.
func TestDeleteManyGivesUp(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	ended, cancel := context.WithCancel(ctx)
	b := around(store,
		func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			defer cancel()
			return next(ctx)
		})
	res, err := files.DeleteMany(ended, b, slices.Values([]string{"a", "b"}))
	if is(t, err, context.Canceled); res.Deleted != 2 || len(res.Failed) != 0 {
		t.Errorf("DeleteMany = %+v, want 2 deleted", res)
	}
	for i := range 1100 {
		put(t, store, fmt.Sprintf("f%04d", i), "")
	}
	calls := 0
	refuses := around(store,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDeleteMany {
				calls++
				return files.ErrPermission
			}
			return next(ctx)
		})
	res, err = files.DeleteAll(ctx, refuses)
	if !errors.Is(err, files.ErrUnavailable) || !errors.Is(err, files.ErrPermission) ||
		!strings.Contains(err.Error(), "gave up after 1000 failures") {
		t.Errorf("DeleteAll = %.200v, want ErrUnavailable and ErrPermission", err)
	}
	if len(res.Failed) != 1000 || res.Deleted != 0 || calls != 1 {
		t.Errorf("%d failed, %d deleted in %d calls, want 1000, 0 and 1", len(res.Failed),
			res.Deleted, calls)
	}
}

// TestUpdateReadsAgain: a file that is replaced while Update reads it is read again, and
// a write whose response is lost in the last attempt is ErrUncertain.
func TestUpdateReadsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(nil)
		put(t, store, "a", "1")
		gets := 0
		b := around(store,
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op == files.OpGet {
					if gets++; gets == 1 {
						return files.ErrChanged
					}
				}
				return next(ctx)
			})
		more := func(old []byte) ([]byte, error) { return append(old, 'x'), nil }
		if _, err := files.Update(ctx, b, "a", more, nil); err != nil || gets != 2 {
			t.Errorf("Update = %v after %d reads, want no error and 2", err, gets)
		}
		has(t, store, "a", "1x")
		gets = 0
		_, err := files.Update(ctx, b, "a", more, &files.UpdateOptions{Attempts: 1})
		is(t, err, files.ErrPrecondition)
		_, err = files.Update(ctx, lossy(store, true, func() {}), "a", more,
			&files.UpdateOptions{Attempts: 1})
		is(t, err, files.ErrUncertain)
		has(t, store, "a", "1xx")
	})
}

// TestUpdateAttributesWithoutCopy: if the store can't copy the file onto itself,
// UpdateAttributes reads and writes it, unless another writer came in between.
func TestUpdateAttributesWithoutCopy(t *testing.T) {
	change := func(a *files.Attributes) error { a.CacheControl = "no-store"; return nil }
	for what, c := range map[string]struct {
		get  func(n int, store files.Bucket) error // before Get number n
		want error
		text string
	}{
		"at once":   {func(int, files.Bucket) error { return nil }, nil, "old"},
		"Get fails": {func(int, files.Bucket) error { return errBroken }, errBroken, "old"},
		"another writer": {func(n int, store files.Bucket) error {
			if n == 1 {
				put(t, store, "a", "another's")
			}
			return nil
		}, nil, "another's"},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := mem.New(nil)
			put(t, store, "a", "old")
			gets := 0
			b := around(store,
				func(ctx context.Context, call *files.Call,
					next func(context.Context) error) error {
					switch call.Op {
					case files.OpCopy:
						return files.ErrUnsupported
					case files.OpGet:
						gets++
						if err := c.get(gets, store); err != nil {
							return err
						}
					}
					return next(ctx)
				})
			info, err := files.UpdateAttributes(ctx, b, "a", change, nil)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", what, err, c.want)
			}
			has(t, store, "a", c.text)
			stat, _ := store.Stat(ctx, "a", nil)
			if c.want == nil && (stat.CacheControl != "no-store" || info.Version != stat.Version ||
				info.Size != int64(len(c.text))) {
				t.Errorf("%s: %+v, want the new attributes", what, stat)
			}
		})
	}
}

// TestUpdateAttributesEnds: UpdateAttributes returns what else fails, and the end of the
// context while it waits for the next attempt.
func TestUpdateAttributesEnds(t *testing.T) {
	change := func(a *files.Attributes) error { a.CacheControl += "x"; return nil }
	fails := func(err error) files.Bucket {
		store := mem.New(nil)
		put(t, store, "a", "old")
		return withoutServerCopy(store,
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op == files.OpPut {
					return err
				}
				return next(ctx)
			})
	}
	_, err := files.UpdateAttributes(ctx, fails(errBroken), "a", change, nil)
	is(t, err, errBroken)
	synctest.Test(t, func(t *testing.T) {
		bound, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		b := fails(files.ErrPrecondition)
		_, err := files.UpdateAttributes(bound, b, "a", change,
			&files.UpdateOptions{Attempts: 1 << 30})
		is(t, err, context.DeadlineExceeded)
	})
}

// TestListPageOfABrokenListing: a page has what came before an error, and no more than
// its limit of a bucket that lists too much.
func TestListPageOfABrokenListing(t *testing.T) {
	store := mem.New(nil)
	for _, n := range []string{"a", "b", "c", "d"} {
		put(t, store, n, "x")
	}
	page, next, err := files.ListPage(ctx, &failingList{store}, "", "", 3, nil)
	if is(t, err, errBroken); len(page) != 1 || page[0].Name != "a" || next != "" {
		t.Errorf("ListPage = %v, %q, want a and no token", page, next)
	}
	page, next, err = files.ListPage(ctx, generous{store}, "", "", 2, nil)
	if err != nil || len(page) != 2 || next == "" {
		t.Errorf("ListPage = %v, %q, %v, want two entries and a token", page, next, err)
	}
	page, next, err = files.ListPage(ctx, store, "", next, 2, nil)
	if err != nil || len(page) != 2 || page[0].Name != "c" || next != "" {
		t.Errorf("the next page is %v, %q, %v, want c and d", page, next, err)
	}
}

// TestNilBucketHasNothing: what stands for a nil bucket refuses native options, and can
// be closed.
func TestNilBucketHasNothing(t *testing.T) {
	src := mem.New(nil)
	put(t, src, "a", "text")
	_, err := files.Copy(ctx, nil, "b", src, "a",
		&files.CopyOptions{Native: []files.NativeOption{unheardOf{}}})
	if is(t, err, files.ErrInvalid); !strings.Contains(err.Error(), "the bucket is nil") {
		t.Errorf("the error is %v, want one that says that the bucket is nil", err)
	}
	if err := files.Wrap(nil, files.Hooks{CloseInner: true}).Close(); err != nil {
		t.Errorf("Close = %v, want no error", err)
	}
}
