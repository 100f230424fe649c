package transfer_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestDeletesOnlyListedVersion: a file that was put after the listing is not deleted.
func TestDeletesOnlyListedVersion(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a")
	put(t, dst, "old1", "old2", "old3")
	for _, masked := range []string{"", "DeleteIfVersion", "Versions"} {
		to := dst
		if masked != "" { // the version, or size and time, is compared before the deletion
			to = files.Wrap(dst, files.Hooks{Features: func(f files.Features) files.Features {
				f.DeleteIfVersion = false
				f.Versions = masked == "DeleteIfVersion"
				return f
			}})
		}
		plan := must(transfer.Sync(whole(to), whole(src), nil))
		var seen []transfer.Change
		for c, err := range plan.Changes(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, c)
		}
		put(t, dst, "old2=new, and nobody has seen it")
		if err := dst.Delete(t.Context(), "old3", nil); err != nil {
			t.Fatal(err)
		}
		res, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
			for _, c := range seen {
				if !yield(c, nil) {
					return
				}
			}
		})
		is(t, err, files.ErrPrecondition)
		if res.Deleted != 2 || res.Failed != 1 {
			t.Errorf("Result = %+v, want 2 deleted and 1 failed", res)
		}
		holds(t, whole(dst), "a", "old2=new, and nobody has seen it")
		put(t, dst, "old1", "old3")
	}
	plan := must(transfer.Sync(whole(dst), whole(src), nil))
	_, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
		yield(transfer.Change{Action: transfer.ActionDelete, Name: "x",
			Target: files.Entry{Name: "y"}}, nil)
	})
	is(t, err, files.ErrInvalid)
}

// TestFileBecomesDirectory: a file on disk that another program wrote gives way to a
// directory of its name, although the local driver renames it meanwhile. A file that is
// put meanwhile is kept.
func TestFileBecomesDirectory(t *testing.T) {
	for _, changed := range []bool{false, true} {
		src := fine()
		put(t, src, "a/b", "a/c")
		dst, dir := folder(t)
		write(t, dir, "a", "old", time.Now().Add(-time.Hour))
		opts := &transfer.Options{}
		if changed {
			opts.Progress = func(e transfer.Event) {
				if e.Kind == transfer.EventDone && e.Change.Name == "a/b" {
					put(t, dst, "a=new")
				}
			}
		}
		_, err := must(transfer.Sync(whole(dst), whole(src), opts)).Apply(t.Context())
		if changed {
			is(t, err, files.ErrPrecondition)
			holds(t, whole(dst), "a=new", "a/b", "a/c")
			continue
		}
		is(t, err, nil)
		holds(t, whole(dst), "a/b", "a/c")
	}
}

// TestMoveFromReadOnly: a move from a bucket that is read-only is refused as such, and
// not with the advice for buckets that can't delete a version.
func TestMoveFromReadOnly(t *testing.T) {
	for _, may := range []bool{false, true} {
		_, err := transfer.Move(whole(fine()), whole(files.ReadOnly(fine())),
			&transfer.Options{MayLoseConcurrentPut: may})
		is(t, err, files.ErrPermission)
	}
}

// TestRemoveInBulk: Remove takes one request for many names, reports each that the
// service refuses, and retries those that are ErrUnavailable.
func TestRemoveInBulk(t *testing.T) {
	b := fine()
	for i := range 2500 {
		put(t, b, fmt.Sprintf("f%04d", i))
	}
	var mu sync.Mutex
	busy := map[string]bool{"f0003": true, "f1003": true}
	calls := 0
	refusing := files.Wrap(b, files.Hooks{Around: func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		err := next(ctx)
		if c.Op != files.OpDeleteMany {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		calls++
		for i, name := range c.Names {
			switch {
			case busy[name]:
				delete(busy, name)
				c.Errors[i] = files.ErrUnavailable
			case name == "f0100":
				c.Errors[i] = files.ErrPermission
			}
		}
		return err
	}})
	res, err := must(transfer.Remove(whole(refusing), nil)).Apply(t.Context())
	is(t, err, files.ErrPermission)
	if res.Deleted != 2499 || res.Failed != 1 || res.Retries != 2 || calls != 5 ||
		!strings.Contains(err.Error(), "f0100") {
		t.Errorf("%+v, %v, %d calls", res, err, calls)
	}
}
