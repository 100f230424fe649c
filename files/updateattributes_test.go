package files_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// attributeBuckets are memory and a folder, each with and without copies inside the
// store.
func attributeBuckets(t *testing.T) map[string]files.Bucket {
	disk, err := local.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disk.Close() })
	m := map[string]files.Bucket{"mem": mem.New(&mem.Options{VersionPerPut: true}), "local": disk}
	for name, b := range maps.Clone(m) {
		m[name+" without server copy"] = files.Wrap(b, files.Hooks{
			Features: func(f files.Features) files.Features {
				f.ServerCopy = false
				return f
			},
		})
	}
	return m
}

// TestUpdateAttributesKeepsTheRest: a change of one attribute keeps all others, the
// content and its digest, and takes two requests.
func TestUpdateAttributesKeepsTheRest(t *testing.T) {
	for name, inner := range attributeBuckets(t) {
		t.Run(name, func(t *testing.T) {
			var calls []files.Op
			b := files.Wrap(inner, files.Hooks{
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					calls = append(calls, c.Op)
					return next(ctx)
				},
			})
			first := files.Attributes{
				ContentType:        "text/x-own",
				CacheControl:       "max-age=60",
				ContentDisposition: `attachment; filename="old"`,
				Metadata:           map[string]string{"owner": "ada", "n": "1"},
			}
			before, err := files.PutString(ctx, inner, "f", "content",
				&files.PutOptions{Attributes: first})
			if err != nil {
				t.Fatal(err)
			}
			info, err := files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
				a.ContentDisposition = `attachment; filename="new"`
				return nil
			}, nil)
			if err != nil || len(calls) != 2 {
				t.Fatalf("%v, with the requests %v", err, calls)
			}
			stat, err := inner.Stat(ctx, "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			want := first
			want.ContentDisposition = `attachment; filename="new"`
			for what, got := range map[string]files.Info{"returned": info, "stored": stat} {
				a := got.Attributes
				if !maps.Equal(a.Metadata,
					want.Metadata) || a.CacheControl != want.CacheControl ||
					a.ContentType != want.ContentType ||
					a.ContentDisposition != want.ContentDisposition || got.Size != before.Size ||
					got.Version != stat.Version ||
					got.Digest.CRC32C != before.Digest.CRC32C {
					t.Errorf("%s: UpdateAttributes = %+v, want only the attributes changed",
						what, got)
				}
			}
			has(t, inner, "f", "content")

			// Nothing to change is no write.
			for what, fn := range map[string]func(*files.Attributes) error{
				"nothing": func(*files.Attributes) error { return nil },
				"the same": func(a *files.Attributes) error {
					a.CacheControl = "max-age=60"
					return nil
				},
				"skipped": func(a *files.Attributes) error {
					a.CacheControl = "x"
					return files.SkipUpdate
				},
			} {
				calls = nil
				same, err := files.UpdateAttributes(ctx, b, "f", fn, nil)
				if err != nil || same.Version != stat.Version || len(calls) != 1 {
					t.Errorf("%s: %v, %v, with the requests %v", what, same, err, calls)
				}
			}
			broken := errors.New("no")
			_, err = files.UpdateAttributes(ctx, b, "f", func(*files.Attributes) error {
				return broken
			}, nil)
			is(t, err, broken)
			_, err = files.UpdateAttributes(ctx, b, "none", func(*files.Attributes) error {
				return nil
			}, nil)
			is(t, err, files.ErrNotExist)
			_, err = files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
				a.CacheControl = "\n"
				return nil
			}, nil)
			is(t, err, files.ErrInvalid)
		})
	}
}

// TestUpdateAttributesRaces: with another writer in between, nothing is mixed and
// nothing is lost.
func TestUpdateAttributesRaces(t *testing.T) {
	for name, b := range attributeBuckets(t) {
		put(t, b, "f", "one")
		n := 0
		info, err := files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
			if n++; n == 1 {
				if _, err := files.PutString(ctx, b, "f", "another",
					&files.PutOptions{
						Attributes: files.Attributes{CacheControl: "theirs"},
					}); err != nil {
					return err
				}
			}
			a.ContentLanguage = "de"
			return nil
		}, nil)
		if err != nil || n != 2 || info.CacheControl != "theirs" || info.ContentLanguage != "de" ||
			info.Size != 7 {
			t.Errorf("%s: %+v, %v after %d calls", name, info, err, n)
		}
		has(t, b, "f", "another")
		n = 0
		_, err = files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
			n++
			put(t, b, "f", fmt.Sprint(n))
			a.ContentLanguage = "fr"
			return nil
		}, &files.UpdateOptions{Attempts: 3})
		if is(t, err, files.ErrPrecondition); n != 3 {
			t.Errorf("%s: %d attempts, want 3", name, n)
		}
		if !b.Features().VersionPerPut {
			t.Errorf("%s: a change of attributes makes no version, so the rest of this test "+
				"can't be", name)
			continue
		}
		done := make(chan error)
		for i := range 8 {
			go func() {
				_, err := files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
					if a.Metadata == nil {
						a.Metadata = map[string]string{}
					}
					a.Metadata[fmt.Sprint("k", i)] = "v"
					return nil
				}, &files.UpdateOptions{Attempts: 1000})
				done <- err
			}()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Errorf("%s: %v, want no error", name, err)
			}
		}
		if info, err := b.Stat(ctx, "f", nil); err != nil || len(info.Metadata) != 8 {
			t.Errorf("%s: of 8 keys %v are there, %v", name,
				slices.Sorted(maps.Keys(info.Metadata)), err)
		}
	}
}

// TestUpdateAttributesLostResponse: if the response to the write is lost,
// UpdateAttributes finds what it wrote.
func TestUpdateAttributesLostResponse(t *testing.T) {
	inner := mem.New(nil)
	put(t, inner, "f", "one")
	lost := false
	b := files.Wrap(inner, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			err := next(ctx)
			if c.Op.Writes() && !lost {
				lost = true
				return driver.Errorf(files.ErrUncertain, "lost")
			}
			return err
		},
	})
	n := 0
	info, err := files.UpdateAttributes(ctx, b, "f", func(a *files.Attributes) error {
		n++
		a.CacheControl = "x"
		return nil
	}, nil)
	if err != nil || n != 1 || !lost || info.CacheControl != "x" {
		t.Errorf("%+v, %v after %d calls", info, err, n)
	}
	weak := files.Wrap(inner, files.Hooks{Features: func(f files.Features) files.Features {
		f.IfVersion = false
		return f
	}})
	_, err = files.UpdateAttributes(ctx, weak, "f", func(*files.Attributes) error {
		return nil
	}, nil)
	is(t, err, files.ErrUnsupported)
}

func ExampleUpdateAttributes() {
	ctx := context.Background()
	b := mem.New(nil)
	files.PutString(ctx, b, "report.pdf", "…",
		&files.PutOptions{Attributes: files.Attributes{CacheControl: "max-age=60"}})
	info, err := files.UpdateAttributes(ctx, b, "report.pdf", func(a *files.Attributes) error {
		a.ContentDisposition = `attachment; filename="Report 2026.pdf"`
		return nil
	}, nil)
	fmt.Println(info.ContentDisposition, info.CacheControl, err)
	// Output: attachment; filename="Report 2026.pdf" max-age=60 <nil>
}
