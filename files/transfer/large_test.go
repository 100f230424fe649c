package transfer_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestLargeResumed: what an interrupted run has copied of a large file isn't copied again
// by the next one, which says so. The copy has the source's attributes, and nothing is
// left. A folder as the target needs no StateDir.
func TestLargeResumed(t *testing.T) {
	p := random(1, largeSize)
	attrs := files.Attributes{
		ContentType:  "text/x-own",
		CacheControl: "no-cache",
		Metadata:     map[string]string{"key": "value"},
	}
	disk, dir := folder(t)
	for what, c := range map[string]struct {
		dst        files.Bucket
		state, set string // the folder of states, and what is set
	}{
		"memory": {fine(), "state", "state"},
		"folder": {disk, filepath.Join(dir, ".cloudfiles.attrs", "states.attrs"), ""},
	} {
		if c.set != "" {
			c.state = filepath.Join(memdir.New(t), c.state)
			c.set = c.state
		}
		inner := mem.New(nil)
		putBytes(t, inner, "big", p, &files.PutOptions{Attributes: attrs})
		put(t, inner, "small")
		src := readsOf(inner)
		o := resuming(c.set)
		o.Compare = transfer.ByContent // so that the small file isn't waited for
		cutOff(t, c.dst, src, largeSize/2, o)
		if ok, err := files.Exists(t.Context(), c.dst, "there/big"); ok || err != nil {
			t.Errorf("%s: the file is there: %t, %v", what, ok, err)
		}
		var resumed []transfer.Event
		shown := false
		o.Compare = transfer.ByTime
		o.Progress = func(e transfer.Event) {
			if e.Kind == transfer.EventResumed {
				resumed = append(resumed, e)
				shown = e.Progress.Active >= e.Progress.Resumed
			}
			if done := e.Progress.Bytes + e.Progress.Active; e.Progress.TotalKnown &&
				done > e.Progress.TotalBytes {
				t.Errorf("%s: %d of %d bytes are done", what, done, e.Progress.TotalBytes)
			}
		}
		res := apply(t, must(transfer.Copy(in(c.dst, "there"), whole(src), o)))
		info := wantBytes(t, c.dst, "there/big", p)
		if !shown {
			t.Errorf("%s: no event has the resumed bytes as active", what)
		}
		if info.ContentType != attrs.ContentType || info.CacheControl != attrs.CacheControl ||
			info.Metadata["key"] != "value" {
			t.Errorf("%s: the copy has the attributes %+v", what, info.Attributes)
		}
		if n := src.n.Load(); n > largeSize*6/10+100 || n < largeSize*4/10 {
			t.Errorf("%s: %d bytes were read again", what, n)
		}
		if len(resumed) != 1 || resumed[0].Change.Name != "big" ||
			res.Resumed < largeSize*4/10 || res.Resumed > largeSize/2 ||
			resumed[0].Progress.Resumed != res.Resumed {
			t.Errorf("%s: Resumed is %d, the events are %+v", what, res.Resumed, resumed)
		}
		if res.CopiedBytes < largeSize {
			t.Errorf("%s: CopiedBytes is %d", what, res.CopiedBytes)
		}
		wantNothingLeft(t, c.dst, c.state)
	}
}

// TestLargeCancelled: a run whose context ends leaves no file at the target, and the next
// one continues. It may do so several times.
func TestLargeCancelled(t *testing.T) {
	p := random(2, largeSize)
	disk, _ := folder(t)
	inner := fine()
	putBytes(t, inner, "big", p, nil)
	src := readsOf(inner)
	o := resuming("")
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		src.most.Store(src.n.Load() + largeSize/5)
		src.full = func() error {
			cancel()
			return context.Canceled
		}
		_, err := must(transfer.Sync(whole(disk), whole(src), o)).Apply(ctx)
		is(t, err, context.Canceled)
		if ok, err := files.Exists(t.Context(), disk, "big"); ok || err != nil {
			t.Errorf("the file is there: %t, %v", ok, err)
		}
	}
	src.most.Store(0)
	apply(t, must(transfer.Sync(whole(disk), whole(src), o)))
	wantBytes(t, disk, "big", p)
	if n := src.n.Load(); n > largeSize*14/10 {
		t.Errorf("%d bytes of %d were read in five runs", n, largeSize)
	}
}

// TestLargeExists: NoOverwrite holds for a copy that is continued, too.
func TestLargeExists(t *testing.T) {
	dst, dir, inner := fine(), memdir.New(t), fine()
	putBytes(t, inner, "big", random(6, largeSize), nil)
	src := readsOf(inner)
	o := resuming(dir)
	o.NoOverwrite = true
	cutOff(t, dst, src, largeSize/2, o)
	plan := must(transfer.Copy(in(dst, "there"), whole(src), o))
	var changes []transfer.Change
	for c, err := range plan.Changes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, c)
	}
	put(t, dst, "there/big=new")
	_, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	})
	is(t, err, files.ErrExist)
	holds(t, whole(dst), "there/big=new")
	wantNothingLeft(t, dst, dir)
}

// TestLargeTwoAtOnce: of two runs to one target each copies the whole file, and nothing is
// left.
func TestLargeTwoAtOnce(t *testing.T) {
	p := random(7, largeSize)
	disk, dir := folder(t)
	src := fine()
	putBytes(t, src, "big", p, nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := must(transfer.Copy(whole(disk), whole(src), resuming(""))).Apply(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantBytes(t, disk, "big", p)
	wantNothingLeft(t, disk, filepath.Join(dir, ".cloudfiles.attrs", "states.attrs"))
}

// TestLargeMoved: a move of a large file is continued, and deletes only the version that
// was copied.
func TestLargeMoved(t *testing.T) {
	p := random(10, largeSize)
	dst, dir, inner := fine(), memdir.New(t), fine()
	putBytes(t, inner, "big", p, nil)
	src := readsOf(inner)
	cutOff(t, dst, src, largeSize/2, resuming(dir))
	res := apply(t, must(transfer.Move(in(dst, "there"), whole(src), resuming(dir))))
	wantBytes(t, dst, "there/big", p)
	if ok, err := files.Exists(t.Context(), inner, "big"); ok || err != nil || res.Moved != 1 {
		t.Errorf("the source is there: %t, %v; %+v", ok, err, res)
	}
	wantNothingLeft(t, dst, dir)
}

// TestLargeVanished: if the source's file is gone in the second run, its parts are, too.
func TestLargeVanished(t *testing.T) {
	dst, dir, inner := fine(), memdir.New(t), fine()
	putBytes(t, inner, "big", random(11, largeSize), nil)
	src := readsOf(inner)
	cutOff(t, dst, src, largeSize/2, resuming(dir))
	plan := must(transfer.Copy(in(dst, "there"), whole(src), resuming(dir)))
	_, err := plan.ApplyChanges(t.Context(), func(yield func(transfer.Change, error) bool) {
		for c, err := range plan.Changes(t.Context()) {
			if err := inner.Delete(t.Context(), "big", nil); err != nil {
				t.Error(err)
			}
			if !yield(c, err) {
				return
			}
		}
	})
	is(t, err, files.ErrNotExist)
	wantNothingLeft(t, dst, dir)
}

// TestLargePlain: a target without uploads in parts gets the file in one Put, and
// StateDir stays empty.
func TestLargePlain(t *testing.T) {
	p := random(12, largeSize)
	dst, _ := counted(fine())
	dir, src := memdir.New(t), fine()
	putBytes(t, src, "big", p, nil)
	apply(t, must(transfer.Copy(whole(dst), whole(src), resuming(dir))))
	wantBytes(t, dst, "big", p)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v is left, %v", entries, err)
	}
}

// TestLargeAttributes: a copy just below ResumeSize and from it on has the same type,
// headers, metadata and stored time, by each verb.
func TestLargeAttributes(t *testing.T) {
	const size = 1 << 20
	attrs := files.Attributes{
		ContentType:        "text/x-own",
		CacheControl:       "no-cache",
		ContentDisposition: "attachment",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"key": "value"},
	}
	disk, _ := folder(t)
	var large atomic.Int64
	for what, dst := range map[string]files.Bucket{"memory": fine(), "folder": disk} {
		for verb, plan := range map[string]func(dst, src transfer.Tree,
			o *transfer.Options) (*transfer.Plan, error){
			"copy": transfer.Copy,
			"move": transfer.Move,
			"sync": transfer.Sync,
		} {
			for _, store := range []bool{false, true} {
				src := fine()
				for _, n := range []int{size - 1, size, size + 1} {
					putBytes(t, src, fmt.Sprint(n), random(50, n), &files.PutOptions{
						Attributes: attrs,
					})
				}
				dir := fmt.Sprintf("%s-%t", verb, store)
				resumable := files.Wrap(dst, files.Hooks{ // it isn't copied inside memory
					Uploads: true,
					Around: func(ctx context.Context, c *files.Call,
						next func(context.Context) error) error {
						if c.Op == files.OpUpload {
							large.Add(1)
						}
						return next(ctx)
					},
				})
				large.Store(0)
				apply(t, must(plan(in(resumable, dir), whole(readsOf(src)), &transfer.Options{
					ResumeSize: size,
					StateDir:   memdir.New(t),
					StoreTime:  store,
				})))
				if large.Load() < 6 {
					t.Errorf("%s, %s: large files took %d steps", what, dir, large.Load())
				}
				for _, n := range []int{size - 1, size, size + 1} {
					info := wantBytes(t, dst, fmt.Sprintf("%s/%d", dir, n), random(50, n))
					got := info.Attributes
					if _, ok := got.Metadata["mtime"]; ok != store {
						t.Errorf("%s, %s, %d bytes: the metadata is %v", what, dir, n, got.Metadata)
					}
					got.Metadata = maps.Clone(got.Metadata)
					delete(got.Metadata, "mtime")
					if !reflect.DeepEqual(got, attrs) {
						t.Errorf("%s, %s, %d bytes: %+v, want %+v", what, dir, n, got, attrs)
					}
				}
			}
		}
	}
}
