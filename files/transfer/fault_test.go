package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/transfer"
)

// relisted is a bucket whose listings pass through a function.
type relisted struct {
	files.Bucket
	list     func(iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error]
	features func(*files.Features)
}

func (r relisted) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return r.list(r.Bucket.List(ctx, dir, &files.ListOptions{Shallow: o != nil && o.Shallow}))
}

func (r relisted) Features() files.Features {
	f := r.Bucket.Features()
	if r.features != nil {
		r.features(&f)
	}
	return f
}

// breaksAfter makes listings fail after n entries.
func breaksAfter(n int, err error) func(iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry,
	error] {
	return func(list iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			i := 0
			for e, lerr := range list {
				if i == n {
					yield(files.Entry{}, err)
					return
				}
				if !yield(e, lerr) {
					return
				}
				i++
			}
		}
	}
}

// shuffled yields the entries in another order, the last one first.
func shuffled(list iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		var all []files.Entry
		for e := range list {
			all = append(all, e)
		}
		slices.Reverse(all)
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestBrokenListing: if a listing fails after some names, on either side, nothing is
// deleted, and the result has the error and the number of withheld deletions.
func TestBrokenListing(t *testing.T) {
	cause := driver.Errorf(files.ErrUnavailable, "the listing broke off")
	for k := range 5 {
		src, dst := fine(), fine()
		put(t, src, "b", "d", "f", "h", "j")
		put(t, dst, "a", "c", "e", "g", "i", "k")
		from := whole(relisted{Bucket: src, list: breaksAfter(k, cause)})
		res, err := must(transfer.Sync(whole(dst), from, nil)).Apply(t.Context())
		is(t, err, files.ErrUnavailable)
		if res.Deleted != 0 || int(res.Withheld) > k+1 || res.Copied != int64(k) {
			t.Errorf("after %d names of the source: %+v", k, res)
		}
		if res.Withheld > 0 && !strings.Contains(err.Error(), "withheld") {
			t.Errorf("the error %v doesn't have the number of withheld deletions", err)
		}
		to := whole(relisted{Bucket: dst, list: breaksAfter(k, cause)})
		res, err = must(transfer.Sync(to, whole(src), nil)).Apply(t.Context())
		is(t, err, files.ErrUnavailable)
		if n := len(contents(t, whole(dst))); res.Deleted != 0 || n < 6 {
			t.Errorf("after %d names of the target: %+v, %d files", k, res, n)
		}
	}
}

// TestListingOrder: a listing that claims an order and breaks it is an error before any
// deletion; a listing without an order is sorted.
func TestListingOrder(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a", "b", "c")
	put(t, dst, "b", "c", "d")
	for what, trees := range map[string][2]files.Bucket{
		"source": {dst, relisted{Bucket: src, list: shuffled}},
		"target": {relisted{Bucket: dst, list: shuffled}, src},
	} {
		res, err := must(transfer.Sync(whole(trees[0]), whole(trees[1]),
			&transfer.Options{DryRun: true})).Apply(t.Context())
		is(t, err, files.ErrUnavailable)
		if res.Deleted != 0 || !strings.Contains(err.Error(), "order") {
			t.Errorf("%s: Apply = %v, %+v, want an error about the order and nothing deleted",
				what, err, res)
		}
	}
	unordered := func(f *files.Features) { f.Ordered = false }
	plans(t, must(transfer.Sync(whole(relisted{dst, shuffled, unordered}),
		whole(relisted{src, shuffled, unordered}), nil)),
		"copy a missing", "delete d notInSource")
}

// failing makes the Puts of some names fail.
func failing(b files.Bucket, fail func(name string) error) files.Bucket {
	c, n := counted(b)
	n.fail = func(call *files.Call) error {
		if call.Op != files.OpPut && call.Op != files.OpCopy {
			return nil
		}
		return fail(call.Name)
	}
	return c
}

// TestOneFails: a file that fails is named in the error and stops nothing; the next run
// copies only what is missing.
func TestOneFails(t *testing.T) {
	src, dst := fine(), fine()
	var want []string
	for i := range 300 {
		want = append(want, fmt.Sprintf("f%03d", i))
	}
	put(t, src, want...)
	put(t, dst, "f007=old", "gone")
	bad := errors.New("this one fails")
	broken := failing(dst, func(name string) error {
		if strings.HasSuffix(name, "7") {
			return bad
		}
		return nil
	})
	for _, limit := range []int64{0, 10} {
		res, err := must(transfer.Sync(whole(broken), whole(src),
			&transfer.Options{MaxErrors: limit})).Apply(t.Context())
		is(t, err, bad)
		if limit == 0 && (res.Failed != 30 || res.Copied != 270 || len(res.Errors) != 30 ||
			res.Deleted != 1) || limit > 0 && (res.Failed < 10 || res.Failed > 26) {
			t.Errorf("Result = %+v", res)
		}
		for _, err := range res.Errors {
			e, ok := errors.AsType[*files.Error](err)
			if !ok || !strings.Contains(e.Name, "7") {
				t.Errorf("the error %v doesn't name the file", err)
			}
		}
	}
	if got := contents(t, whole(dst))["f007"]; got != "old" {
		t.Errorf("the old file is %q", got)
	}
	res := apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
	if res.Copied != 30 || res.Equal != 270 {
		t.Errorf("the second run: %+v", res)
	}
	holds(t, whole(dst), want...)
}

// TestManyErrors: a Result keeps a bounded number of errors, and counts all failures.
func TestManyErrors(t *testing.T) {
	src, dst := fine(), fine()
	for i := range 400 {
		put(t, src, fmt.Sprintf("f%03d", i))
	}
	broken := failing(dst, func(string) error { return errors.New("no") })
	res, err := must(transfer.Copy(whole(broken), whole(src), nil)).Apply(t.Context())
	if res.Failed != 400 || len(res.Errors) != 100 ||
		!strings.Contains(err.Error(), "300 more") {
		t.Errorf("%d failed, %d errors", res.Failed, len(res.Errors))
	}
}

// TestErrorsThatEndTheRun: an error that affects every file stops the run soon, and is
// reported once: a full disk, no descriptors, a missing bucket. Lost permissions stop it,
// too.
func TestErrorsThatEndTheRun(t *testing.T) {
	for what, cause := range map[string]error{
		"full":        driver.WithCause(files.ErrTooLarge, syscall.ENOSPC, "disk full"),
		"descriptors": driver.WithCause(files.ErrUnavailable, syscall.EMFILE, "too many files"),
		"gone":        files.ErrNoBucket,
		"closed":      files.ErrClosed,
		"rights":      files.ErrPermission,
	} {
		src, dst := fine(), fine()
		for i := range 500 {
			put(t, src, fmt.Sprintf("f%03d", i))
		}
		put(t, dst, "kept")
		var tries atomic.Int64
		together := make(chan struct{}) // so that several workers meet the error at once
		broken := failing(dst, func(string) error {
			if tries.Add(1) == 8 {
				close(together)
			}
			<-together
			return cause
		})
		res, err := must(transfer.Sync(whole(broken), whole(src), nil)).Apply(t.Context())
		is(t, err, cause)
		// at most one attempt and a retry of every worker beyond the limit
		if n := tries.Load(); n > 50+2*16 || res.Copied != 0 {
			t.Errorf("%s: %d attempts, %+v", what, n, res)
		}
		if what != "rights" && len(res.Errors) != 1 {
			t.Errorf("%s: the errors are %v, want it once", what, res.Errors)
		}
		if _, err := files.ReadString(t.Context(), dst, "kept", nil); err != nil {
			t.Errorf("%s: reading the kept file: %v", what, err)
		}
	}
}

// TestCancel: a cancelled run leaves only whole files, deletes nothing and returns the
// context's error, and the next run does the rest.
func TestCancel(t *testing.T) {
	for at := range 20 {
		src, dst := fine(), fine()
		var want []string
		for i := range 40 {
			want = append(want, fmt.Sprintf("f%03d", i))
		}
		put(t, src, want...)
		put(t, dst, "gone")
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int64
		slow := failing(dst, func(string) error {
			if n.Add(1) == int64(at)+1 {
				cancel()
			}
			return nil
		})
		res, err := must(transfer.Sync(whole(slow), whole(src),
			&transfer.Options{Parallel: 4})).Apply(ctx)
		is(t, err, context.Canceled)
		if res.Deleted != 0 || res.Failed != 0 {
			t.Errorf("Result = %+v, want nothing deleted and nothing failed", res)
		}
		for name, text := range contents(t, whole(dst)) {
			if text != "content of "+name {
				t.Errorf("%s is %q", name, text)
			}
		}
		second := apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
		if second.Copied+res.Copied < 40 || second.Copied+res.Copied > 44 {
			t.Errorf("%d and then %d files were copied", res.Copied, second.Copied)
		}
		holds(t, whole(dst), want...)
	}
}

// TestPanicReachesCaller: a panic in the caller's code reaches the caller, and nothing hangs.
func TestPanicReachesCaller(t *testing.T) {
	src, dst := fine(), fine()
	for i := range 100 {
		put(t, src, fmt.Sprintf("f%03d", i))
	}
	for what, f := range map[string]func(){
		"Progress": func() {
			p := must(transfer.Copy(whole(dst), whole(src), &transfer.Options{
				Progress: func(e transfer.Event) {
					if e.Kind == transfer.EventDone {
						panic("mine")
					}
				},
			}))
			p.Apply(t.Context())
		},
		"Select": func() {
			must(transfer.Copy(whole(dst), whole(src), &transfer.Options{
				Select: func(files.Entry) bool { panic("mine") },
			})).Apply(t.Context())
		},
		"a loop": func() {
			for range must(transfer.Copy(whole(dst), whole(src), nil)).Changes(t.Context()) {
				panic("mine")
			}
		},
		"events": func() {
			for range must(transfer.Copy(whole(fine()), whole(src), nil)).Events(t.Context()) {
				panic("mine")
			}
		},
		"a hook": func() {
			bad := failing(fine(), func(string) error { panic("mine") })
			must(transfer.Copy(whole(bad), whole(src), nil)).Apply(t.Context())
		},
		"a listing": func() {
			bad := relisted{Bucket: src, list: func(iter.Seq2[files.Entry,
				error]) iter.Seq2[files.Entry, error] {
				panic("mine")
			}}
			must(transfer.Copy(whole(dst), whole(bad), nil)).Apply(t.Context())
		},
	} {
		func() {
			defer func() {
				if got := recover(); got != "mine" {
					t.Errorf("%s: recovered %v", what, got)
				}
			}()
			f()
			t.Errorf("%s: no panic", what)
		}()
	}
}

// TestTwoAtOnce: two runs to one target at the same time leave every file whole, and
// both succeed.
func TestTwoAtOnce(t *testing.T) {
	src, dst := fine(), fine()
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("f%03d", i))
	}
	put(t, src, want...)
	var runs sync.WaitGroup
	for range 2 {
		runs.Go(func() {
			if _, err := must(transfer.Sync(whole(dst), whole(src),
				nil)).Apply(t.Context()); err != nil {
				t.Errorf("Apply: %v", err)
			}
		})
	}
	runs.Wait()
	holds(t, whole(dst), want...)
}

// TestNoOverwriteAtTheWrite: with NoOverwrite, a file that is put after the listing is
// kept.
func TestNoOverwriteAtTheWrite(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a", "b")
	plan := must(transfer.Copy(whole(dst), whole(src), &transfer.Options{NoOverwrite: true}))
	res, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
		for c, err := range plan.Changes(t.Context()) {
			if c.Name == "a" {
				put(t, dst, "a=somebody's")
			}
			if !yield(c, err) {
				return
			}
		}
	})
	is(t, err, files.ErrExist)
	if res.Copied != 1 || res.Failed != 1 {
		t.Errorf("Result = %+v, want 1 copied and 1 failed", res)
	}
	holds(t, whole(dst), "a=somebody's", "b")
}

// TestClockSkew: with Options.ClockSkew digests decide if the times are close together.
func TestClockSkew(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a=1")
	put(t, dst, "a=2") // later by the wrong clock of the target
	plans(t, must(transfer.Copy(whole(dst), whole(src), nil)))
	plans(t, must(transfer.Copy(whole(dst), whole(src),
		&transfer.Options{ClockSkew: 15 * time.Minute})), "copy a digest")
}
