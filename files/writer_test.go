package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func TestWriterCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		b := mem.New(nil)
		w := files.NewWriter(ctx, b, "a.csv",
			&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}}})
		defer w.Close()
		for i := range 3 {
			fmt.Fprintf(w, "%d,", i)
			missing(t, b, "a.csv")
		}
		if n, err := io.Copy(w,
			strings.NewReader(strings.Repeat("x", 3<<20))); n != 3<<20 || err != nil {
			t.Fatalf("Copy = %v, %v, want 3<<20 and no error", n, err)
		}
		info, err := w.Commit()
		if err != nil || info.Size != 6+3<<20 || info.ContentType != "text/csv; charset=utf-8" ||
			info.Metadata["k"] != "v" || info.Version == "" {
			t.Fatalf("Commit = %+v, %v, want the size, the type and the metadata", info, err)
		}
		has(t, b, "a.csv", "0,1,2,"+strings.Repeat("x", 3<<20))
		_, err = w.Write([]byte("more"))
		is(t, err, files.ErrClosed)
		_, err = w.Write(nil)
		is(t, err, files.ErrClosed)
		_, err = w.Commit()
		is(t, err, files.ErrClosed)
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if s, _ := b.Stat(ctx, "a.csv", nil); s.Version != info.Version {
			t.Error("Close changed the file")
		}
	})
}

func TestWriterCloseAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		put(t, b, "a", "old")
		for _, text := range []string{"", "new", strings.Repeat("new", 1<<20)} {
			w := files.NewWriter(ctx, b, "a", nil)
			if n, err := io.WriteString(w, text); n != len(text) || err != nil {
				t.Fatalf("WriteString = %v, %v, want %d and no error", n, err, len(text))
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			has(t, b, "a", "old")
			_, err := w.Write([]byte("x"))
			is(t, err, files.ErrClosed)
			_, err = w.Commit()
			is(t, err, files.ErrClosed)
			has(t, b, "a", "old")
		}
	})
}

func TestWriterEmpty(t *testing.T) {
	b := mem.New(nil)
	w := files.NewWriter(ctx, b, "empty", nil)
	if n, err := w.Write(nil); n != 0 || err != nil {
		t.Fatalf("Write = %v, %v, want 0 and no error", n, err)
	}
	if info, err := w.Commit(); err != nil || info.Size != 0 {
		t.Fatalf("Commit = %v, %v, want no error and Size 0", info, err)
	}
	has(t, b, "empty", "")
}

func TestWriterPutFails(t *testing.T) {
	size := int64(2)
	closed := mem.New(nil)
	closed.Close()
	taken := mem.New(nil)
	put(t, taken, "a", "there")
	failing := around(mem.New(nil),
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				return errBroken
			}
			return next(ctx)
		})
	for _, c := range []struct {
		what string
		b    files.Bucket
		name string
		opts *files.PutOptions
		want error
		late bool // the Put finds out at the end
	}{
		{"bad name", mem.New(nil), "a//b", nil, files.ErrInvalidName, false},
		{
			"bad options", mem.New(nil), "a",
			&files.PutOptions{Attributes: files.Attributes{ContentType: " x"}}, files.ErrInvalid,
			false,
		},
		{"closed", closed, "a", nil, files.ErrClosed, false},
		{"a wrapper's error", failing, "a", nil, errBroken, false},
		{
			"longer than declared", mem.New(nil), "a.txt", &files.PutOptions{Size: &size},
			files.ErrCorrupt, false,
		},
		{"taken", taken, "a", &files.PutOptions{If: files.IfAbsent()}, files.ErrExist, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := files.NewWriter(ctx, c.b, c.name, c.opts)
				defer w.Close()
				if !c.late {
					w.Write([]byte("content")) // may still be taken
					_, err := w.Write([]byte("more"))
					is(t, err, c.want)
					_, err = w.Write(nil)
					is(t, err, c.want)
				}
				_, err := w.Commit()
				is(t, err, c.want)
				_, err = w.Commit()
				is(t, err, files.ErrClosed)
			})
		})
	}
	has(t, taken, "a", "there")
}

var errBroken = errors.New("it broke")

func TestWriterContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		put(t, b, "a", "old")
		ctx, cancel := context.WithCancel(ctx)
		w := files.NewWriter(ctx, b, "a", nil)
		if _, err := w.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait() // the Put, which waited for more, is over
		_, err := w.Write([]byte("er"))
		is(t, err, context.Canceled)
		_, err = w.Commit()
		is(t, err, context.Canceled)
		w.Close()
		has(t, b, "a", "old")
	})
}

// unheeding is a bucket whose Put ignores its context.
type unheeding struct {
	files.Bucket
	read error
}

func (u *unheeding) Put(_ context.Context, _ string, r io.Reader,
	_ *files.PutOptions) (files.Info, error) {
	_, u.read = io.Copy(io.Discard, r)
	return files.Info{}, u.read
}

// TestWriterContextBeforeCommit: Commit checks the context itself, because the function
// that watches the context may run later.
func TestWriterContextBeforeCommit(t *testing.T) {
	for range 500 {
		u := &unheeding{}
		c, cancel := context.WithCancel(ctx)
		w := files.NewWriter(c, u, "a", nil)
		if _, err := io.WriteString(w, "text"); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := w.Commit(); !errors.Is(err,
			context.Canceled) || !errors.Is(u.read, context.Canceled) {
			t.Fatalf("Commit: %v; its content ended with %v", err, u.read)
		}
		w.Close()
	}
}

func TestWriterContextEndedByNobodyElse(t *testing.T) {
	// without Commit and Close the context ends the Put; otherwise the test finds a
	// leak
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		files.NewWriter(ctx, mem.New(nil), "a", nil).Write([]byte("x"))
		cancel()
	})
}

// stuck is a bucket whose Put reads nothing until its context ends.
func stuck() files.Bucket {
	return around(mem.New(nil),
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
}

func TestWriterCloseDuringWriteAndCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := files.NewWriter(ctx, stuck(), "a", nil)
		got := make(chan error)
		go func() {
			_, err := w.Write([]byte("waits"))
			got <- err
		}()
		synctest.Wait()
		w.Close()
		is(t, <-got, files.ErrClosed)

		w = files.NewWriter(ctx, stuck(), "a", nil)
		go func() {
			_, err := w.Commit()
			got <- err
		}()
		synctest.Wait()
		w.Close()
		if err := <-got; err == nil {
			t.Error("a Commit that was cancelled succeeded")
		}
	})
}

// TestWriterOptions changes the caller's options while the Put goes on.
func TestWriterOptions(t *testing.T) {
	b := mem.New(nil)
	size := int64(3)
	o := &files.PutOptions{
		Size:       &size,
		Attributes: files.Attributes{ContentType: "a/b", Metadata: map[string]string{"k": "v"}},
	}
	w := files.NewWriter(ctx, b, "a", o)
	size, o.ContentType, o.Metadata["k"] = 9, "c/d", "other"
	w.Write([]byte("abc"))
	if info, err := w.Commit(); err != nil || info.ContentType != "a/b" ||
		info.Metadata["k"] != "v" {
		t.Fatalf(`Commit = %v, %v, want no error, ContentType "a/b" and Metadata["k"] "v"`,
			info, err)
	}
}

// early is a bucket that breaks its contract: Put returns without reading the content.
type early struct{ files.Bucket }

func (early) Put(context.Context, string, io.Reader, *files.PutOptions) (files.Info, error) {
	return files.Info{}, nil
}

func TestWriterPutThatReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := files.NewWriter(ctx, early{mem.New(nil)}, "a", nil)
		synctest.Wait()
		_, err := w.Write([]byte("x"))
		is(t, err, files.ErrUncertain)
		_, err = w.Commit()
		is(t, err, files.ErrUncertain)
	})
}

// TestWriterSource: after a failure of the source, nothing is stored unless the caller
// calls Commit.
func TestWriterSource(t *testing.T) {
	b := mem.New(nil)
	w := files.NewWriter(ctx, b, "a", nil)
	n, err := io.Copy(w, &broken{"one", errBroken})
	if n != 3 || err != errBroken {
		t.Fatalf("Copy = %v, %v, want 3 and %v", n, err, errBroken)
	}
	missing(t, b, "a")
	if _, err := io.Copy(w, bytes.NewBufferString(" two")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	has(t, b, "a", "one two")
}
