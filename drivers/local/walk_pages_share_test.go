//go:build unix

package local

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

// countedFS counts the entries that ReadDir returns.
type countedFS struct {
	fsys.FS
	names atomic.Int64
}

func (c *countedFS) OpenRoot(path string) (fsys.Dir, error) {
	d, err := c.FS.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &countedDir{d, c}, nil
}

type countedDir struct {
	fsys.Dir
	c *countedFS
}

func (d *countedDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &countedDir{sub, d.c}, nil
}

func (d *countedDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	return d.Dir.ReadDir(buf, func(name []byte, t fsys.Type) {
		d.c.names.Add(1)
		each(name, t)
	})
}

// countedFolder makes n files in the folder d. The handles that open returns share
// their pages, as handles on the system's file systems do.
func countedFolder(t *testing.T, dir string, n int) (open func() files.Bucket, read *atomic.Int64) {
	t.Helper()
	for i := range n {
		write(t, dir, fmt.Sprintf("d/%06d", i), "")
	}
	sys, shared := &countedFS{FS: fsys.OS()}, &pages{shared: true}
	return func() files.Bucket {
		b, err := openShared(dir, sys, shared)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}, &sys.names
}

func openShared(dir string, sys fsys.FS, shared *pages) (files.Bucket, error) {
	b, err := open(dir, nil, sys)
	if err != nil {
		return nil, err
	}
	b.pages = shared
	return driver.New(b), nil
}

// A handler without state reads the folder at most twice for all of its pages (L8),
// although each request begins in the middle and comes from one of several clients at
// different positions, one of which moves at random.
func TestPagesOverHTTP(t *testing.T) {
	const n = 1000
	open, read := countedFolder(t, t.TempDir(), n)
	h := &fileshttp.Handler{Bucket: open(), Listing: true}
	read.Store(0)
	if _, k := httpPage(t, h, "d/", "000500", 10); k != 10 || read.Load() > 2*(n+1) {
		t.Fatalf("a page in the middle has %d names, want 10, and reads %d entries", k, read.Load())
	}
	read.Store(0)
	rnd := rand.New(rand.NewPCG(1, 2))
	var at [3]string
	var count [3]int
	for done := 0; done < len(at); {
		i := rnd.IntN(len(at))
		if count[i] == n {
			httpPage(t, h, "d/", fmt.Sprintf("%06d", rnd.IntN(n)), 10)
			continue
		}
		next, k := httpPage(t, h, "d/", at[i], 10)
		if at[i] = next; next == "" {
			done++
		}
		count[i] += k
	}
	if count != [3]int{n, n, n} || read.Load() > 2*(n+1) {
		t.Errorf("pages have %v names, and %d entries are read of a folder of %d", count,
			read.Load(), n)
	}
}

// Paging with a bucket that is opened for each page also reads the folder at most
// twice, because the handles of a process share their pages. Each page has what has
// changed (L4).
func TestPagesOfFreshHandles(t *testing.T) {
	const n = 1000
	dir := t.TempDir()
	open, read := countedFolder(t, dir, n)
	total, token := 0, ""
	for {
		b := open()
		page, next, err := files.ListPage(t.Context(), b, "d", token, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
		if total += len(page); next == "" {
			break
		}
		token = next
	}
	if total != n || read.Load() > 2*(n+1)+n/10*8 { // each handle also reads the root
		t.Errorf("pages have %d names, and %d entries are read, want 1000 and at most 2802", total,
			read.Load())
	}
	write(t, dir, "d/000100x", "new")
	if err := os.Remove(filepath.Join(dir, "d/000102")); err != nil {
		t.Fatal(err)
	}
	var got []string
	opts := &files.ListOptions{StartAfter: "d/000100", Limit: 3}
	for e, err := range open().List(t.Context(), "d", opts) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name)
	}
	if want := []string{"d/000100x", "d/000101", "d/000103"}; !slices.Equal(got, want) {
		t.Errorf("after a change, List yields %q, want %q", got, want)
	}
	own := pagesOver(fsys.OS())
	if own != pagesOver(fsys.OS()) || own == pagesOver(&countedFS{}) {
		t.Error("handles on the system's file systems don't share their pages, or handles on " +
			"others do")
	}
}

// In a folder with more names than a page holds, listings at several positions have a
// page each, so none makes the others read everything again, and memory is bounded.
func TestPagesAtSeveralPlaces(t *testing.T) {
	const n, clients = 1200, 4
	dir := t.TempDir()
	for i := range n {
		write(t, dir, fmt.Sprintf("%06d", i), "")
	}
	read := 0
	w, root := testWalker(linuxRules), &readsDir{openRoot(t, dir), &read}
	w.pages.most = n * 24 / 4 // a fourth of the folder
	var at [clients]string
	for i := range at {
		at[i] = fmt.Sprintf("%06d", i*n/clients)
	}
	turns := n / clients / 10
	for range turns {
		for i := range at {
			got := collect(t, w, root, driver.ListRequest{Limit: 10, StartAfter: at[i]})
			at[i] = got[len(got)-1]
			if w.pages.size > 2*w.pages.most {
				t.Fatalf("pages keep %d bytes, want at most %d", w.pages.size, 2*w.pages.most)
			}
		}
	}
	// A page has at least half of what it may hold, here a 32nd of the folder.
	if most := clients * 12 * n; read > most {
		t.Errorf("%d pages read %d names, want at most %d", turns*clients, read, most)
	}
}

// Many goroutines page through one huge folder by handles that are opened and closed
// for each page.
func TestPagesTogether(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		write(t, dir, fmt.Sprintf("d/%06d", i), "")
	}
	shared := &pages{shared: true, most: 500 * 24 / 4}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			token, count := "", 0
			for turn := 0; turn == 0 || token != ""; turn++ {
				b, err := openShared(dir, fsys.OS(), shared)
				if err != nil {
					t.Errorf("openShared = %v, want nil", err)
					return
				}
				page, next, err := files.ListPage(t.Context(), b, "d", token, 7+g, nil)
				b.Close()
				if err != nil {
					t.Errorf("%v, want nil", err)
					return
				}
				count, token = count+len(page), next
			}
			if count != 500 {
				t.Errorf("pages have %d names, want 500", count)
			}
		})
	}
	wg.Wait()
	if shared.size > 2*shared.most {
		t.Errorf("pages keep %d bytes, want at most %d", shared.size, 2*shared.most)
	}
}
