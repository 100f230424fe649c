package local

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// atomicDir counts the calls of Lstat of several goroutines, and those in progress.
type atomicDir struct {
	fsys.Dir
	lstats, now *atomic.Int64
	onLstat     func(n int64) error
}

func (d *atomicDir) Lstat(name string) (fsys.Stat, error) {
	d.now.Add(1)
	defer d.now.Add(-1)
	if err := d.onLstat(d.lstats.Add(1)); err != nil {
		return fsys.Stat{}, err
	}
	return d.Dir.Lstat(name)
}

func (d *atomicDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	return &atomicDir{sub, d.lstats, d.now, d.onLstat}, err
}

func bigFolder(t *testing.T, n int) fsys.Dir {
	dir := t.TempDir()
	for i := range n {
		write(t, dir, fmt.Sprintf("d/%05d", i), "")
		if i%10 == 0 {
			write(t, dir, fmt.Sprintf("d/%05d.attrs", i), sidecarHead+`:""}`)
		}
	}
	write(t, dir, "z", "")
	return openRoot(t, dir)
}

// Helpers take part, the order stays, an early end costs at most twice what was read,
// an error and the end of the context end the listing, and no helper works while an
// entry is yielded.
func TestWalkBatch(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const n = 3000
	root := bigFolder(t, n)
	broken := errors.New("broken")
	another := make(chan struct{})
	for _, c := range []struct {
		name    string
		most    int // entries
		onLstat func(n int64, cancel func()) error
		want    int
		err     error
		lstats  int64 // at most; 0 means exactly one for each file
	}{
		{
			name: "all",
			most: n + 1,
			want: n + 1,
			// one call waits for the next, which another goroutine makes
			onLstat: func(n int64, _ func()) error {
				switch n {
				case 1000:
					select {
					case <-another:
					case <-time.After(time.Minute):
						return errors.New("no other goroutine helps")
					}
				case 1001:
					close(another)
				}
				return nil
			},
		},
		{
			name:   "one",
			most:   1,
			want:   1,
			lstats: 1,
		},
		{
			name:   "few",
			most:   10,
			want:   10,
			lstats: 10,
		},
		{
			name:   "some",
			most:   500,
			want:   500,
			lstats: 1000,
		},
		{
			name:   "an error",
			most:   n + 1,
			err:    broken,
			want:   -1,
			lstats: n,
			onLstat: func(n int64, _ func()) error {
				if n == 2000 {
					return broken
				}
				return nil
			},
		},
		{
			name:   "the context ends",
			most:   n + 1,
			err:    context.Canceled,
			want:   -1,
			lstats: 2000 + 4*shareSize,
			onLstat: func(n int64, cancel func()) error {
				if n == 2000 {
					cancel()
				}
				return nil
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d := &atomicDir{root, new(atomic.Int64), new(atomic.Int64), func(n int64) error {
				if c.onLstat == nil {
					return nil
				}
				return c.onLstat(n, cancel)
			}}
			got, last := 0, ""
			var failed error
			for e, err := range testWalker(linuxRules).list(ctx, d, driver.ListRequest{}) {
				if now := d.now.Load(); now > 0 {
					t.Fatalf("%d calls of Lstat are in progress while an entry is yielded", now)
				}
				if failed = err; err != nil {
					continue
				}
				if e.Name <= last {
					t.Fatalf("%q comes after %q", e.Name, last)
				}
				if got, last = got+1, e.Name; got == c.most {
					break
				}
			}
			if !errors.Is(failed, c.err) || c.want >= 0 && got != c.want {
				t.Errorf("%d entries, want %d; error %v, want %v", got, c.want, failed, c.err)
			}
			if lstats := d.lstats.Load(); lstats > c.lstats && c.lstats > 0 ||
				c.lstats == 0 && lstats != n+1 {
				t.Errorf("%d calls of Lstat for %d entries", lstats, got)
			}
		})
	}
}

// The loop's body may put and delete what comes next.
func TestWalkBatchChanges(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	b, dir := newBucket(t, &Options{NoSync: true})
	const n = 1500
	for i := range n {
		write(t, dir, fmt.Sprintf("%04d", i), "")
	}
	seen := map[string]int{}
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		seen[e.Name]++
		var i int
		fmt.Sscan(e.Name, &i)
		if i%2 == 0 && i%100 == 0 {
			next := fmt.Sprintf("%04d", i+1)
			if err := b.Delete(t.Context(), next, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := files.PutString(t.Context(), b, fmt.Sprintf("%04d", i+2), "new",
				nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range n {
		name := fmt.Sprintf("%04d", i)
		if stays := i%100 != 1; seen[name] > 1 || stays && seen[name] != 1 {
			t.Errorf("%s came %d times", name, seen[name])
		}
	}
}
