package files_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// manyFiles is a tree of n files.
func manyFiles(n int) fstest.MapFS {
	tree := fstest.MapFS{}
	for i := range n {
		tree[fmt.Sprintf("d%d/f%03d", i/50, i)] = &fstest.MapFile{Data: []byte("content")}
	}
	return tree
}

// putting is a bucket in memory whose Puts pass through a function.
func putting(f func(name string) error) files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				if err := f(c.Name); err != nil {
					return err
				}
			}
			return next(ctx)
		},
	})
}

// TestPutFSParallel: as many Puts run at a time as the options say, and never more.
func TestPutFSParallel(t *testing.T) {
	for _, parallel := range []int{0, 1, 5} {
		want := parallel
		if want == 0 {
			want = 16
		}
		var mu sync.Mutex
		now, most := 0, 0
		together := make(chan struct{})
		b := putting(func(string) error {
			mu.Lock()
			now++
			most = max(most, now)
			if now == want && most == want {
				select {
				case <-together:
				default:
					close(together)
				}
			}
			mu.Unlock()
			select {
			case <-together:
			case <-time.After(time.Minute):
				t.Errorf("%d of %d Puts are under way", most, want)
			}
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		})
		res, err := files.PutFS(ctx, b, "", manyFiles(120), &files.PutFSOptions{Parallel: parallel})
		if err != nil || res.Files != 120 || res.Bytes != 840 || most != want {
			t.Errorf("%+v, %v, %d at a time, want %d", res, err, most, want)
		}
	}
	for _, bad := range []int{-1, 100_000} {
		_, err := files.PutFS(ctx, mem.New(nil), "", manyFiles(1),
			&files.PutFSOptions{Parallel: bad})
		is(t, err, files.ErrInvalid)
	}
}

// TestPutFSStops: after a failure PutFS doesn't walk the rest of the tree.
// TestPutFSNeverMore: while as many Puts run as the options say, no other one begins,
// although there are more files. 1024 at a time is the most that can be asked for.
func TestPutFSNeverMore(t *testing.T) {
	for _, parallel := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			var running atomic.Int64
			free := make(chan struct{})
			b := putting(func(string) error {
				running.Add(1)
				<-free
				return nil
			})
			done := make(chan error)
			go func() {
				_, err := files.PutFS(ctx, b, "", manyFiles(20),
					&files.PutFSOptions{Parallel: parallel})
				done <- err
			}()
			synctest.Wait()
			if n := running.Load(); n != int64(parallel) {
				t.Errorf("%d Puts run at a time, want %d", n, parallel)
			}
			close(free)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	for parallel, want := range map[int]error{
		-1: files.ErrInvalid, 1024: nil, 1025: files.ErrInvalid,
	} {
		_, err := files.PutFS(ctx, mem.New(nil), "", manyFiles(1),
			&files.PutFSOptions{Parallel: parallel})
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("Parallel %d: %v, want %v", parallel, err, want)
		}
	}
}

// TestPutFSStopsAfterAPanic: once a Put has panicked, the walk soon ends.
func TestPutFSStopsAfterAPanic(t *testing.T) {
	asked := 0
	defer func() {
		if got := recover(); got != "mine" || asked > 5 {
			t.Errorf("%v is recovered after %d names, want mine after at most 5", got, asked)
		}
	}()
	files.PutFS(ctx, putting(func(string) error { panic("mine") }), "", manyFiles(500),
		&files.PutFSOptions{
			Parallel: 1,
			Filter: func(string, fs.DirEntry) bool {
				asked++
				return true
			},
		})
	t.Error("a panic in a hook was lost")
}

// TestPutFSEndsWithItsContext: when the context ends between two files, PutFS names the
// file that it didn't begin.
func TestPutFSEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := files.PutFS(ctx, mem.New(nil), "to", manyFiles(100), &files.PutFSOptions{
		Filter: func(path string, _ fs.DirEntry) bool {
			if path == "d0/f007" {
				cancel()
				return false
			}
			return path == "d0"
		},
	})
	e, ok := errors.AsType[*files.Error](err)
	if !errors.Is(err, context.Canceled) || !ok || e.Name != "to/d0/f008" || res.Files != 0 {
		t.Errorf("PutFS = %+v, %v, want context.Canceled of to/d0/f008", res, err)
	}
}

func TestPutFSStops(t *testing.T) {
	bad := errors.New("no")
	asked := 0
	_, err := files.PutFS(ctx, putting(func(string) error { return bad }), "", manyFiles(500),
		&files.PutFSOptions{
			Parallel: 1,
			Filter: func(string, fs.DirEntry) bool {
				asked++
				return true
			},
		})
	is(t, err, bad)
	if asked > 5 {
		t.Errorf("the filter was asked about %d names, want at most 5", asked)
	}
}

// TestPutFSFirstError: PutFS soon returns the failure that is first in the order of the
// walk, and the files that it counts are stored.
func TestPutFSFirstError(t *testing.T) {
	bad := errors.New("no")
	for range 20 {
		b := putting(func(name string) error {
			if name >= "d0/f020" {
				return bad
			}
			return nil
		})
		res, err := files.PutFS(ctx, b, "", manyFiles(500), nil)
		is(t, err, bad)
		if err == nil || !strings.Contains(err.Error(), "d0/f020") || res.Files != 20 {
			t.Errorf("PutFS = %+v, %v, want 20 files and the error of d0/f020", res, err)
		}
		if n, _, _ := files.Usage(ctx, b, ""); n != res.Files {
			t.Errorf("%d files are stored, want the %d that were counted", n, res.Files)
		}
	}
	defer func() {
		if got := recover(); got != "mine" {
			t.Errorf(`%v is recovered, want "mine"`, got)
		}
	}()
	files.PutFS(ctx, putting(func(string) error { panic("mine") }), "", manyFiles(500), nil)
	t.Error("a panic in a hook was lost")
}
