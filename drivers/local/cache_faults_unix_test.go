//go:build unix

package local

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// cached is memory whose files are read through a cache in a folder.
type cached struct {
	origin, cache files.Bucket
	contents      map[string][]byte
	downloads     atomic.Int64
	deletions     atomic.Int64 // in the folder

	mu    sync.Mutex
	calls int // calls of the folder that haven't returned
	ended sync.Cond
}

// newCached returns the cache of some files, each of the given size or a bit more.
func newCached(t *testing.T, folder files.Bucket, n, size int) *cached {
	t.Helper()
	c := &cached{contents: map[string][]byte{}}
	c.ended.L = &c.mu
	c.origin = files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if call.Op == files.OpGet && err == nil {
				c.downloads.Add(1)
			}
			return err
		},
	})
	random := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		p := make([]byte, size+i)
		for j := range p {
			p[j] = byte(random.Uint32())
		}
		name := fmt.Sprint("f", i)
		c.contents[name] = p
		putIn(t, c.origin, name, string(p), nil)
	}
	c.open(t, folder)
	return c
}

// open opens the cache anew.
func (c *cached) open(t *testing.T, folder files.Bucket) {
	t.Helper()
	folder = files.Wrap(folder, files.Hooks{
		Around: func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			if call.Op == files.OpDelete || call.Op == files.OpDeleteMany {
				c.deletions.Add(1)
			}
			c.count(1)
			defer c.count(-1)
			return next(ctx)
		},
	})
	b, err := cache.New(c.origin, folder, &cache.Options{Origin: "o"})
	check(t, err)
	c.cache = b
}

func (c *cached) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls += n
	c.ended.Broadcast()
}

// wait waits until no call of the folder runs. A download stores parts after the reader
// has closed its body.
func (c *cached) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.calls > 0 {
		c.ended.Wait()
	}
}

// read reads each file, whole and in part, and checks the bytes.
func (c *cached) read(t *testing.T, when string) {
	t.Helper()
	for name, content := range c.contents {
		middle := files.Bytes(int64(len(content))/2, 9)
		for _, r := range []files.Range{{}, files.Last(100), middle} {
			got, err := files.ReadAll(t.Context(), c.cache, name,
				&files.ReadOptions{GetOptions: files.GetOptions{Range: r}})
			off, n := r.Resolve(int64(len(content)))
			if err != nil || !bytes.Equal(got, content[off:off+n]) {
				t.Errorf("%s: %s of %s has %d bytes, %v", when, r, name, len(got), err)
			}
		}
	}
}

// TestCacheOverFaults: whichever operation of the cache's folder fails, once or all of
// them, every read through the cache is right, and afterwards the entries that were in
// the folder still are.
func TestCacheOverFaults(t *testing.T) {
	for _, errno := range []syscall.Errno{
		syscall.ENOSPC, syscall.EROFS, syscall.EMFILE, syscall.EIO,
	} {
		t.Run(errno.Error(), func(t *testing.T) {
			t.Parallel()
			for _, warm := range []bool{false, true} {
				step := longtest.N(t, 7, 1)
				hit := true
				for n := 1; hit; n += step {
					hit = cacheOverFault(t, errno, n, warm)
				}
				cacheOverFault(t, errno, 0, warm)
			}
		})
	}
}

// cacheOverFault reads while the n-th operation fails, or all do if n is 0, and reports
// whether there was such an operation.
func cacheOverFault(t *testing.T, errno syscall.Errno, n int, warm bool) bool {
	t.Helper()
	var faulter crashfs.Faulter
	folder, err := openOver(t.TempDir(), nil, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook))
	check(t, err)
	defer folder.Close()
	when := fmt.Sprintf("%v at operation %d, warm %v", errno, n, warm)
	c := newCached(t, folder, 2, 5000)
	if warm {
		c.read(t, when+", before")
	}
	entries := names(t, folder)
	if n > 0 {
		faulter.FailAt(n, errno)
	} else {
		faulter.Set(func(*crashfs.Op) error { return errno })
	}
	c.read(t, when)
	count, _ := faulter.Count()
	faulter.Set(nil)
	c.read(t, when+", afterwards")
	if n := c.deletions.Load(); warm && n > 0 {
		t.Errorf("%s: a failure has removed an entry: %d deletions", when, n)
	}
	for _, name := range entries {
		if !slices.Contains(names(t, folder), name) {
			t.Errorf("%s: the entry %s is missing", when, name)
		}
	}
	c.open(t, folder)
	c.read(t, when+", in a later process")
	c.downloads.Store(0)
	c.read(t, when+", again")
	if d := c.downloads.Load(); d != 0 {
		t.Errorf("%s: %d downloads when the trouble is over, want 0", when, d)
	}
	return count >= n
}

func names(t *testing.T, b files.Bucket) (all []string) {
	t.Helper()
	for e, err := range b.List(t.Context(), "", nil) {
		check(t, err)
		all = append(all, e.Name)
	}
	return all
}
