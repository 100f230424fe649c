package transfer_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

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
