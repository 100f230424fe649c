//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// nestedRounds is the number of rounds of TestNestedRootsInProcesses. Each has 400
// updates; with more than one round, processes are killed in the middle.
const nestedRounds = "CLOUDFILES_NESTED_ROUNDS"

func init() { childJobs["nested"] = countNested }

// countNested counts in t/counter of the folder, through the outer or the inner root,
// and prints a "+" for each acknowledged update.
func countNested(task childTask) error {
	dir, name := task.Dir, "t/counter"
	if task.Seed%2 == 1 {
		dir, name = filepath.Join(dir, "t"), "counter"
	}
	b, err := Open(dir, noSync)
	if err != nil {
		return err
	}
	defer b.Close()
	return inParallel(4, func(int) error {
		for range task.N {
			if err := increment(b, name); err != nil {
				return err
			}
			os.Stdout.WriteString("+")
		}
		return nil
	})
}

// Two processes on each of two roots, one below the other, lose no update (P9).
func TestNestedRootsInProcesses(t *testing.T) {
	rounds := 1
	if s := os.Getenv(nestedRounds); s != "" {
		n, err := strconv.Atoi(s)
		check(t, err)
		rounds = n
	}
	dir := t.TempDir()
	outer := openBucket(t, dir, nil)
	putIn(t, outer, "t/counter", "0",
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"v": "0"}}})
	acknowledged, killed := 0, 0
	for range rounds {
		for _, out := range together(t, 4, childTask{Job: "nested", Dir: dir, N: 25}) {
			acknowledged += len(out)
		}
		// a killed process may have counted once more in each goroutine
		if rounds > 1 {
			ctx, cancel := context.WithCancel(t.Context())
			c := child(ctx, childTask{
				Job:  "nested",
				Dir:  dir,
				N:    1 << 20,
				Seed: uint64(killed),
			})
			out, err := c.StdoutPipe()
			check(t, err, c.Start())
			buf := make([]byte, 50)
			n, err := out.Read(buf)
			check(t, err)
			cancel()
			for more := 1; more > 0; n += more {
				more, _ = out.Read(buf)
			}
			c.Wait()
			acknowledged += n
			killed++
		}
	}
	s, info := fetch(t, outer, "t/counter")
	v, err := strconv.Atoi(s)
	if err != nil || v < acknowledged || v > acknowledged+4*killed || info.Metadata["v"] != s {
		t.Errorf("the counter is %s (%v) after %d updates and %d killed processes", s,
			info.Metadata, acknowledged, killed)
	}
}

// Of Puts with IfAbsent through two roots, exactly one succeeds (P8).
func TestNestedRootsIfAbsent(t *testing.T) {
	dir := t.TempDir()
	outer := openBucket(t, dir, noSync)
	inner := openBucket(t, filepath.Join(dir, "t"), &Options{CreateDir: true, NoSync: true})
	for i := range 200 {
		var won atomic.Int32
		check(t, inParallel(4, func(w int) error {
			b, name := outer, fmt.Sprintf("t/d/%d", i)
			if w%2 == 1 {
				b, name = inner, name[2:]
			}
			_, err := b.Put(context.Background(), name, strings.NewReader(fmt.Sprint(w)),
				&files.PutOptions{If: files.IfAbsent()})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, files.ErrExist) {
				return err
			}
			return nil
		}))
		if n := won.Load(); n != 1 {
			t.Fatalf("%d Puts if absent succeeded, want 1", n)
		}
	}
}

// A delete through an outer root doesn't remove the root of another handle, whether
// that has written or not (E3). After that handle is closed, the folder is removed with
// its last file, as any other (L6).
func TestDeleteFromAbove(t *testing.T) {
	ctx := t.Context()
	for _, written := range []bool{false, true} {
		// with or without a Put of a file with the folder's name
		for _, again := range []string{"", "t"} {
			dir := t.TempDir()
			outer := openBucket(t, dir, nil)
			putIn(t, outer, "t/a", "x", nil)
			inner := openBucket(t, filepath.Join(dir, "t"), nil)
			if written {
				putIn(t, inner, "b", "x", nil)
				del(t, inner, "b")
			}
			del(t, outer, "t/a")
			if again != "" {
				putIn(t, outer, again, "x", nil)
			}
			check(t, files.Check(ctx, inner))
			putIn(t, inner, "c", "x", nil)
			if s, _ := fetch(t, outer, "t/c"); s != "x" {
				t.Errorf("t/c = %q, want \"x\"", s)
			}
			var got []string
			for e, err := range outer.List(ctx, "", &files.ListOptions{Foreign: true}) {
				check(t, err)
				got = append(got, e.Name+e.Key)
			}
			want := "t/c"
			if again != "" {
				want = "t t/c"
			}
			if strings.Join(got, " ") != want {
				t.Errorf("written %v: the outer root lists %q, want %q", written, got, want)
			}
			check(t, inner.Close())
			del(t, outer, "t/c")
		}
	}
	dir := t.TempDir()
	outer := openBucket(t, dir, nil)
	putIn(t, outer, "t/a", "x", nil)
	check(t, openBucket(t, filepath.Join(dir, "t"), nil).Close())
	del(t, outer, "t/a")
	wantDisk(t, dir)
}

// A handle that opens a folder while its last file is deleted through an outer root
// gets the folder, or an error; it never gets a folder that was removed.
func TestOpenBesideDelete(t *testing.T) {
	dir := t.TempDir()
	outer := openBucket(t, dir, noSync)
	for range 300 {
		putIn(t, outer, "t/a", "x", nil)
		check(t, inParallel(2, func(w int) error {
			if w == 0 {
				return outer.Delete(context.Background(), "t/a", nil)
			}
			inner, err := Open(filepath.Join(dir, "t"), &Options{CreateDir: true, NoSync: true})
			if err != nil {
				return err
			}
			defer inner.Close()
			_, err = inner.Put(context.Background(), "a", strings.NewReader("x"), nil)
			return err
		}))
		check(t, os.RemoveAll(filepath.Join(dir, "t")))
	}
}
