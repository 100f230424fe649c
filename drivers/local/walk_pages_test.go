package local

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Pages of a tree that changes between them have what exists at the time (L4).
func TestPagesWhileChanged(t *testing.T) {
	for _, parent := range testFolders(t) {
		dir := filepath.Join(parent, "bucket")
		rnd := rand.New(rand.NewPCG(5, 6))
		names := map[string]bool{}
		name := func() string {
			return strings.Repeat("d/",
				rnd.IntN(3)) + fmt.Sprintf("%c%02d", 'a'+rnd.IntN(3), rnd.IntN(40))
		}
		change := func() {
			n := name()
			if names[n] {
				delete(names, n)
				if err := os.Remove(filepath.Join(dir, n)); err != nil {
					t.Fatal(err)
				}
			} else {
				names[n] = true
				write(t, dir, n, "")
			}
		}
		for range 150 {
			change()
		}
		w, root := testWalker(linuxRules), openRoot(t, dir)
		hits := 0
		for range 3000 {
			if rnd.IntN(3) == 0 {
				change()
			}
			req := driver.ListRequest{
				Prefix:     []string{"", "", "d/", "d/d/", "a", "d/b"}[rnd.IntN(6)],
				Shallow:    rnd.IntN(3) == 0,
				Limit:      rnd.IntN(12),
				NamesOnly:  rnd.IntN(2) == 0,
				StartAfter: []string{"", name(), "d/", "d/d/"}[rnd.IntN(4)],
			}
			if !strings.HasPrefix(req.StartAfter, req.Prefix) && req.StartAfter > req.Prefix {
				continue
			}
			var all []string
			for n := range names {
				all = append(all, n)
			}
			if got, want := collect(t, w, root, req), expected(all, req); !slices.Equal(got, want) {
				t.Fatalf("%+v:\n got %q\nwant %q", req, got, want)
			}
			hits += len(w.pages.byKey)
		}
		// A page is kept only of a folder that hasn't changed for a while, and on a
		// fast machine there may be none yet.
		for begin := time.Now(); hits == 0 &&
			time.Since(begin) < 10*time.Second; hits = len(w.pages.byKey) {
			collect(t, w, root, driver.ListRequest{Limit: 3})
		}
		if hits == 0 {
			t.Error("no page is kept of a folder that doesn't change")
		}
		if w.pages.clear(); w.pages.size != 0 || len(w.pages.byKey) != 0 || w.pages.timer != nil {
			t.Errorf("after clear, pages keep %d bytes of %d pages, want 0", w.pages.size,
				len(w.pages.byKey))
		}
	}
}

// readsDir counts the entries that ReadDir returns.
type readsDir struct {
	fsys.Dir
	names *int
}

func (d *readsDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &readsDir{sub, d.names}, nil
}

func (d *readsDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	return d.Dir.ReadDir(buf, func(name []byte, t fsys.Type) {
		*d.names++
		each(name, t)
	})
}

// Paging through a folder, by any kind of listing, reads it at most twice. If others
// change it, each page keeps only a few of its names.
func TestPagesReadOnce(t *testing.T) {
	dir := t.TempDir()
	const n = 3000
	for i := range n {
		write(t, dir, fmt.Sprintf("d/%05d", i), "")
	}
	for _, req := range []driver.ListRequest{
		{Limit: 10},
		{Limit: 10, Prefix: "d/"},
		{Limit: 10, Prefix: "d/0", Shallow: true},
		{Limit: 10, NamesOnly: true},
		{Limit: 10, Foreign: true},
	} {
		read := 0
		w, root := testWalker(linuxRules), &readsDir{openRoot(t, dir), &read}
		total := 0
		for {
			got := collect(t, w, root, req)
			if total += len(got); len(got) == 0 {
				break
			}
			req.StartAfter = got[len(got)-1]
		}
		most := 2 * (n + 1)
		if req.Foreign { // two walks
			most *= 2
		}
		if total != n || read > most {
			t.Errorf("%+v: pages have %d names, and %d entries are read, want 3000 and at most %v",
				req, total, read, most)
		}
	}
	w, root := testWalker(linuxRules), openRoot(t, dir)
	req := driver.ListRequest{Limit: 10, Prefix: "d/"}
	for i := range 20 {
		write(t, dir, fmt.Sprint("d/zz", i), "")
		got := collect(t, w, root, req)
		if len(got) != 10 || got[0] != fmt.Sprintf("d/%05d", 10*i) {
			t.Fatalf("page %d is %q", i, got)
		}
		req.StartAfter = got[9]
		if i > 0 && w.pages.size > 10000 {
			t.Fatalf("pages keep %d bytes of a folder that others change, want at most 10000",
				w.pages.size)
		}
	}
}

// Of a folder that is larger than a page may be, the next names are kept, and memory is
// bounded.
func TestPagesOfHugeFolder(t *testing.T) {
	f, want := &dirContent{most: 1 << 16}, filter{after: "00100", room: 100}
	rnd := rand.New(rand.NewPCG(1, 1))
	order := rnd.Perm(50000)
	for _, i := range order {
		f.add(&want, fmt.Appendf(nil, "%05d", i), i%7 == 0, basePath)
		if len(f.names)+16*len(f.items) > 1<<16 {
			t.Fatal("the folder takes more memory than the limit")
		}
	}
	f.sort()
	if !f.cut || len(f.items) < 1000 {
		t.Fatalf("cut is %v, with %d items, want true, at least 1000", f.cut, len(f.items))
	}
	for i, it := range f.items {
		want := fmt.Sprintf("%05d", 101+i)
		if (101+i)%7 == 0 {
			want += "/"
		}
		if got := string(f.text(it)); got != want {
			t.Fatalf("item %d is %q, want %q", i, got, want)
		}
	}
}

// Many goroutines page through the same folders while others change them.
func TestPagesConcurrently(t *testing.T) {
	b, dir := newBucket(t, &Options{NoSync: true})
	for i := range 300 {
		write(t, dir, fmt.Sprintf("d%d/%03d", i%3, i), "")
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 3 {
				seen := 0
				opts := &files.ListOptions{Limit: 7 + g}
				last := ""
				for {
					k := 0
					for e, err := range b.List(t.Context(), "", opts) {
						if err != nil {
							t.Errorf("%v, want nil", err)
							return
						}
						if e.Name <= last {
							t.Errorf("%q comes after %q, want more than %q", e.Name, last, last)
						}
						last = e.Name
						k++
						if !strings.Contains(e.Name, "x") {
							seen++
						}
					}
					if k == 0 {
						break
					}
					opts.StartAfter = last
				}
				if seen != 300 {
					t.Errorf("listing %d has %d names, want 300", n, seen)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 200 {
			p := filepath.Join(dir, fmt.Sprintf("d%d/x%d", i%3, i%20))
			if os.Remove(p) != nil {
				os.WriteFile(p, nil, 0o666)
			}
		}
	})
	wg.Wait()
}
