package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
)

// quote shortens long names.
func quote(s string) string {
	if len(s) > 80 {
		return fmt.Sprintf("%.40q…%q (%d bytes)", s, s[len(s)-8:], len(s))
	}
	return fmt.Sprintf("%q", s)
}

// put stores the content, which must succeed.
func put(t T, b files.Bucket, name string, content []byte, opts *files.PutOptions) files.Info {
	t.Helper()
	info, err := b.Put(t.Context(), name, bytes.NewReader(content), opts)
	if err != nil {
		t.Fatalf("Put(%s) of %d bytes: %v, want no error", quote(name), len(content), err)
	}
	return info
}

// puts stores each name with itself as its content, several at a time.
func puts(t T, b files.Bucket, names ...string) {
	t.Helper()
	const workers = 8
	errs := make([]error, len(names))
	parallel(workers, func(w int) {
		for i := w; i < len(names); i += workers {
			_, errs[i] = b.Put(t.Context(), names[i], strings.NewReader(names[i]), nil)
		}
	})
	for i, err := range errs {
		if err != nil {
			t.Fatalf("Put(%s): %v, want no error", quote(names[i]), err)
		}
	}
}

// parallel runs f n times at once. A panic of one of them becomes the caller's.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	var panicked atomic.Pointer[string]
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					text := fmt.Sprintf("%v\n%s", p, debug.Stack())
					panicked.CompareAndSwap(nil, &text)
				}
			}()
			f(i)
		})
	}
	wg.Wait()
	if text := panicked.Load(); text != nil {
		panic(*text)
	}
}

// background runs f beside the case, of which a panic becomes a failure. done is closed
// when f has ended.
func background(t T, f func()) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	return ended
}

// rounds counts those of a case that races: n, times the harness's Soak as long as half
// of the case's limit lasts.
func (h *H) rounds(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		limit := h.harness.Limit
		if limit <= 0 {
			limit = DefaultLimit
		}
		start := time.Now()
		for i := range n * h.harness.soak() {
			if i >= n && time.Since(start) > limit/2 || !yield(i) {
				return
			}
		}
	}
}

// race is parallel with a common start.
func race(n int, f func(i int)) {
	var ready sync.WaitGroup
	ready.Add(n)
	parallel(n, func(i int) {
		ready.Done()
		ready.Wait()
		f(i)
	})
}

// read gets the file and reads it to the end.
func read(ctx context.Context, b files.Bucket, name string,
	opts *files.GetOptions) ([]byte, files.Info, error) {
	r, err := b.Get(ctx, name, opts)
	if err != nil {
		return nil, files.Info{}, err
	}
	defer r.Close()
	p, err := readAll(r)
	return p, r.Info(), err
}

// readAll is io.ReadAll without its many buffers.
func readAll(r *files.Reader) ([]byte, error) {
	p := make([]byte, r.Len()+1) // a byte more shows what is too much
	n, err := io.ReadFull(r, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return p[:n], err
}

// get is read, which must succeed.
func get(t T, b files.Bucket, name string, opts *files.GetOptions) ([]byte, files.Info) {
	t.Helper()
	p, info, err := read(t.Context(), b, name, opts)
	if err != nil {
		t.Fatalf("Get(%s): %v after %d bytes, want no error", quote(name), err, len(p))
	}
	return p, info
}

// stat must succeed.
func stat(t T, b files.Bucket, name string) files.Info {
	t.Helper()
	info, err := b.Stat(t.Context(), name, nil)
	if err != nil {
		t.Fatalf("Stat(%s): %v, want no error", quote(name), err)
	}
	return info
}

// remove must succeed.
func remove(t T, b files.Bucket, name string) {
	t.Helper()
	if err := b.Delete(t.Context(), name, nil); err != nil {
		t.Fatalf("Delete(%s): %v, want no error", quote(name), err)
	}
}

// wantContent fails where the file isn't exactly that.
func wantContent(t T, b files.Bucket, name string, want []byte) {
	t.Helper()
	p, info, err := read(t.Context(), b, name, nil)
	if err != nil {
		t.Errorf("Get(%s): %v after %d bytes, want %d bytes and no error", quote(name), err, len(p),
			len(want))
		return
	}
	if d := diff(p, want); d != "" {
		t.Errorf("content of %s %s", quote(name), d)
	}
	if info.Size != int64(len(want)) {
		t.Errorf("Get(%s) tells size %d, want %d", quote(name), info.Size, len(want))
	}
}

// wantMissing fails where the file is there in any way.
func wantMissing(t T, b files.Bucket, name string) {
	t.Helper()
	if r, err := b.Get(t.Context(), name, nil); !errors.Is(err, files.ErrNotExist) {
		if err == nil {
			r.Close()
		}
		t.Errorf("Get(%s): %v, want ErrNotExist", quote(name), err)
	}
	if _, err := b.Stat(t.Context(), name, nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat(%s): %v, want ErrNotExist", quote(name), err)
	}
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil {
			t.Errorf("List: %v", err)
		} else if e.Name == name {
			t.Errorf("List yields %s, which is not there", quote(name))
		}
	}
}

// wantErr fails where err isn't the sentinel, or not an *Error of the operation and name.
func wantErr(t T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %s, want an error that is %q", what, errText(err), want)
		return
	}
	if _, ok := err.(*files.Error); !ok {
		t.Errorf("%s: the error is a %T, want a *files.Error", what, err)
	}
}

func errText(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("the error %q", fmt.Sprintf("%+v", err))
}

// same fails where got isn't want.
func same(t T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// list returns a listing's names, which must come without an error.
func list(t T, b files.Bucket, dir string, opts *files.ListOptions) []string {
	t.Helper()
	var names []string
	for e, err := range b.List(t.Context(), dir, opts) {
		if err != nil {
			t.Fatalf("List(%s, %s) after %d entries: %v, want no error", quote(dir), listText(opts),
				len(names), err)
		}
		if names = append(names, e.Name); len(names) > endless {
			t.Fatalf("List(%s, %s) goes on after %d entries, the last of them %s", quote(dir),
				listText(opts), endless, quote(e.Name))
		}
	}
	return names
}

// endless is more than any case puts into a bucket.
const endless = 20_000

// List is the bucket's, but ends: the loop of a case must not go on for ever, nor after
// the case is over.
func (h *H) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	all := h.Bucket.List(ctx, dir, opts)
	return func(yield func(files.Entry, error) bool) {
		n := 0
		for e, err := range all {
			if !yield(e, err) {
				return
			}
			if n++; n > endless {
				yield(files.Entry{},
					fmt.Errorf("the listing goes on after %d entries, the last of them %s", endless,
						quote(e.Name)))
				return
			}
		}
	}
}

func listText(o *files.ListOptions) string {
	if o == nil {
		return "nil"
	}
	return strings.TrimPrefix(fmt.Sprintf("%+v", *o), "files.ListOptions")
}

// wantList fails where the listing isn't exactly those names in that order.
func wantList(t T, b files.Bucket, dir string, opts *files.ListOptions, want ...string) {
	t.Helper()
	got := list(t, b, dir, opts)
	if d := diffNames(got, want); d != "" {
		t.Errorf("List(%s, %s): %s", quote(dir), listText(opts), d)
	}
}

// diffNames says where two lists of names differ first, or "".
func diffNames(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("ends after %d entries, want %d: next would be %s", len(got),
				len(want), quote(want[i]))
		case i >= len(want):
			return fmt.Sprintf("goes on after %d entries, all that there are, with %s", len(want),
				quote(got[i]))
		case got[i] != want[i]:
			return fmt.Sprintf("entry %d is %s, want %s", i, quote(got[i]), quote(want[i]))
		}
	}
	return ""
}

// wantOnly fails where the bucket has other files than those, in whatever order.
func wantOnly(t T, b files.Bucket, names ...string) {
	t.Helper()
	want := slices.Sorted(slices.Values(names))
	if d := diffNames(slices.Sorted(slices.Values(list(t, b, "", nil))), want); d != "" {
		t.Errorf("the bucket's files: %s", d)
	}
}

func ptr[V any](v V) *V { return &v }

// ctx keeps hooks on one line.
type ctx = context.Context
