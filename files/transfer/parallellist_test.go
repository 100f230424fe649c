package transfer_test

import (
	"context"
	"fmt"
	"iter"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/transfer"
)

// inPages is a generated bucket that lists in pages, by one request each.
type inPages struct {
	*generated
	page     int
	latency  time.Duration
	requests atomic.Int64
}

func (p *inPages) ListPage() int { return p.page }

func (p *inPages) ListsFrom(context.Context, driver.ListRequest, string) bool { return true }

func (p *inPages) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	all := func(i int) string {
		return fmt.Sprintf("some/directory/of/a/bucket/%04d/file-%09d.txt", i/1000, i)
	}
	return func(yield func(files.Entry, error) bool) {
		page := p.page
		if req.Limit > 0 {
			page = min(page, req.Limit)
		}
		i := sort.Search(p.n, func(i int) bool {
			return all(i) > req.StartAfter && !(strings.HasSuffix(req.StartAfter, "/") &&
				strings.HasPrefix(all(i), req.StartAfter)) && all(i) >= req.Prefix
		})
		for first := true; first || i < p.n; first = false {
			p.requests.Add(1)
			time.Sleep(p.latency)
			if ctx.Err() != nil {
				yield(files.Entry{}, ctx.Err())
				return
			}
			for n := 0; n < page && i < p.n; n++ {
				name := all(i)
				if !strings.HasPrefix(name, req.Prefix) {
					return
				}
				e := files.Entry{
					Name:    name,
					Size:    1,
					ModTime: p.put,
					Version: files.Version(fmt.Sprintf("%032d", i)),
				}
				k := strings.IndexByte(name[len(req.Dir()):], '/')
				if i++; req.Shallow && k >= 0 {
					e = files.Entry{Name: name[:len(req.Dir())+k+1], IsDir: true}
					for i < p.n && strings.HasPrefix(all(i), e.Name) {
						i++
					}
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// TestParallelList: a sync with nothing to do lists both trees by several requests at a
// time, with at most a third more requests and two for each.
func TestParallelList(t *testing.T) {
	const n = 20_000
	run := func(parallel int) (took time.Duration, requests int64) {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			src := &inPages{
				generated: &generated{n: n, put: now.Add(-2 * time.Hour)},
				page:      100,
				latency:   time.Second,
			}
			dst := &inPages{
				generated: &generated{n: n, put: now.Add(-time.Hour)},
				page:      100,
				latency:   time.Second,
			}
			plan := must(transfer.Sync(whole(driver.New(dst)), whole(driver.New(src)),
				&transfer.Options{ParallelList: parallel}))
			if res := apply(t, plan); res.Equal != n || res.Copied != 0 {
				t.Errorf("Apply = %+v, want %d equal files and none copied", res, n)
			}
			took = time.Since(now)
			requests = src.requests.Load() + dst.requests.Load()
		})
		return took, requests
	}
	plain, plainRequests := run(1)
	for parallel, most := range map[int]time.Duration{0: plain / 2, 8: plain * 2 / 5} {
		took, requests := run(parallel)
		t.Logf("%v, %d requests; with %d: %v, %d", plain, plainRequests, parallel, took, requests)
		if took > most || requests > plainRequests*4/3+4 {
			t.Error("it takes too long, or too many requests")
		}
	}
	if _, err := transfer.Sync(whole(fine()), whole(fine()),
		&transfer.Options{ParallelList: 257}); err == nil {
		t.Error("too many requests at a time are accepted")
	}
}

// TestMemoryOfParallelList: a run with nothing to do takes bounded memory, if both
// listings make several requests at a time.
func TestMemoryOfParallelList(t *testing.T) {
	n := manyNames(t)
	now := time.Now()
	side := func(put time.Time) files.Bucket {
		return driver.New(&inPages{generated: &generated{n: n, put: put}, page: 1000})
	}
	src, dst := side(now.Add(-2*time.Hour)), side(now.Add(-time.Hour))
	plan := must(transfer.Sync(whole(dst), whole(src), nil))
	var res transfer.Result
	most := peak(func() { res = apply(t, plan) })
	if t.Logf("%d MiB", most>>20); most > bound {
		t.Errorf("%d names take %d MiB", n, most>>20)
	}
	if res.Equal != int64(n) {
		t.Errorf("Apply = %+v, want %d equal files", res, n)
	}
}
