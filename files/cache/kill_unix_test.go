//go:build unix

package cache_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

const killDir = "CLOUDFILES_CACHE_KILL_DIR"

func openLocal(t testing.TB, dir string) files.Bucket {
	t.Helper()
	b, err := local.Open(dir, &local.Options{CreateDir: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestKilledChild is the child of TestKilled. It reads through a cache until it is
// killed.
func TestKilledChild(t *testing.T) {
	dir, ok := os.LookupEnv(killDir)
	if !ok {
		t.Skip("runs only as a child")
	}
	b := newCache(t, openLocal(t, filepath.Join(dir, "origin")),
		openLocal(t, filepath.Join(dir, "store")), &cache.Options{Origin: "o"})
	for n := 0; ; n++ {
		r, err := b.Get(context.Background(), fmt.Sprint(n%4), nil)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range r.Chunks(64 << 10) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(len(p)) // the parent counts the lines
		}
		r.Close()
	}
}

// TestKilled: what a killed process has left incomplete is never returned.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	origin := openLocal(t, filepath.Join(dir, "origin"))
	contents := map[string][]byte{}
	for i := range 4 {
		name := fmt.Sprint(i)
		contents[name] = random(uint64(20+i), i<<20+5000)
		put(t, origin, name, contents[name])
	}
	for _, lines := range []int{1, 2, 17, 18, 34, 40, 90, 110} {
		store := filepath.Join(dir, "store")
		os.RemoveAll(store)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledChild$")
		child.Env = append(os.Environ(), killDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for s, n := bufio.NewScanner(out), 0; n < lines && s.Scan(); n++ {
		}
		child.Process.Kill()
		child.Wait()
		b := newCache(t, origin, openLocal(t, store), &cache.Options{Origin: "o"})
		for range 2 {
			for name, c := range contents {
				read(t, b, name, files.Range{}, c)
			}
		}
		stats := &cache.Stats{}
		b = newCache(t, origin, openLocal(t, store), &cache.Options{Origin: "o", Stats: stats})
		for name, c := range contents {
			read(t, b, name, files.Range{}, c)
		}
		if n := stats.Counts(); n.BytesFetched != 0 || n.Damaged != 0 || n.Hits != 4 {
			t.Errorf("killed after %d pieces: %+v", lines, n)
		}
	}
}
