package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

func init() {
	childJobs["create"] = racingCreates
	childJobs["count"] = countUp
}

// racingCreates puts N names with IfAbsent, as one of several processes; Seed is its
// number. It prints the names whose Put succeeded.
func racingCreates(task childTask) error {
	b, err := Open(task.Dir, noSync)
	if err != nil {
		return err
	}
	defer b.Close()
	return inParallel(16, func(worker int) error {
		for i := range task.N {
			name, content := fmt.Sprintf("dir/%d", i), fmt.Sprintf("%d/%d", task.Seed, worker)
			opts := &files.PutOptions{
				If:         files.IfAbsent(),
				Attributes: files.Attributes{Metadata: map[string]string{"by": content}},
			}
			_, err := b.Put(context.Background(), name, strings.NewReader(content), opts)
			switch {
			case err == nil:
				os.Stdout.WriteString(name + "=" + content + "\n")
			case !errors.Is(err, files.ErrExist):
				return err
			}
		}
		return nil
	})
}

// together runs n processes of a task concurrently and returns what each printed.
func together(t *testing.T, n int, task childTask) []string {
	t.Helper()
	out := make([]bytes.Buffer, n)
	cmds := make([]*exec.Cmd, n)
	for i := range n {
		task.Seed = uint64(i)
		cmds[i] = child(t.Context(), task)
		cmds[i].Stdout = &out[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for i, c := range cmds {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v, want nil", i, err)
		}
		texts = append(texts, out[i].String())
	}
	return texts
}

// inParallel runs n goroutines and returns the first error.
func inParallel(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Of the Puts with IfAbsent of 4 processes with 16 goroutines each, one succeeds for
// each name, and the file has its content (P8).
func TestProcessesIfAbsent(t *testing.T) {
	const names, processes = 40, 4
	dir := t.TempDir()
	won := map[string][]string{}
	for _, out := range together(t, processes, childTask{Job: "create", Dir: dir, N: names}) {
		for line := range strings.Lines(out) {
			name, content, _ := strings.Cut(strings.TrimSpace(line), "=")
			won[name] = append(won[name], content)
		}
	}
	b := openBucket(t, dir, nil)
	for i := range names {
		name := fmt.Sprintf("dir/%d", i)
		if len(won[name]) != 1 {
			t.Errorf("the Puts of %s that succeeded are %q, want one", name, won[name])
			continue
		}
		if s, info := fetch(t, b, name); s != won[name][0] || info.Metadata["by"] != s {
			t.Errorf("%s has %q and %q, want %q of the Put that succeeded", name, s, info.Metadata,
				won[name])
		}
	}
}

// countUp increments a counter by compare-and-swap, N times in each of 16 goroutines.
func countUp(task childTask) error {
	b, err := Open(task.Dir, noSync)
	if err != nil {
		return err
	}
	defer b.Close()
	return inParallel(16, func(int) error {
		for range task.N {
			if err := increment(b, "counter"); err != nil {
				return err
			}
		}
		return nil
	})
}

func increment(b files.Bucket, name string) error {
	ctx := context.Background()
	for {
		r, err := b.Get(ctx, name, nil)
		if err != nil {
			return err
		}
		s, err := r.ReadString()
		r.Close()
		if err != nil {
			return err
		}
		v, err := strconv.Atoi(s)
		if err != nil || r.Info().Metadata["v"] != s {
			return fmt.Errorf("the counter is %q, its metadata %v", s, r.Info().Metadata)
		}
		s = strconv.Itoa(v + 1)
		_, err = b.Put(ctx, name, strings.NewReader(s), &files.PutOptions{
			If:         files.IfVersion(r.Info().Version),
			Attributes: files.Attributes{Metadata: map[string]string{"v": s}},
		})
		if !errors.Is(err, files.ErrPrecondition) {
			return err
		}
	}
}

// 4 processes with 16 goroutines each count by compare-and-swap. No update is lost, and
// content and metadata are always from the same Put (P1, P9).
func TestProcessesIfVersion(t *testing.T) {
	const each, processes = 3, 4
	dir := t.TempDir()
	b := openBucket(t, dir, nil)
	putIn(t, b, "counter", "0",
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"v": "0"}}})
	together(t, processes, childTask{Job: "count", Dir: dir, N: each})
	if s, _ := fetch(t, b, "counter"); s != strconv.Itoa(16*each*processes) {
		t.Errorf("the counter is %s, want %d", s, 16*each*processes)
	}
}

// Concurrent Puts with and without a sidecar never mix (P1): each content contains its
// metadata.
func TestConcurrentPutsNeverMix(t *testing.T) {
	dir := t.TempDir()
	opts := noSync
	handles := []files.Bucket{openBucket(t, dir, opts), openBucket(t, dir, opts)}
	ctx := context.Background()
	putIn(t, handles[0], "a", "0", nil)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				r, err := handles[i%2].Get(ctx, "a", nil)
				if err != nil {
					t.Errorf("Get: %v, want nil", err)
					return
				}
				s, err := r.ReadString()
				r.Close()
				want := s
				if !strings.HasPrefix(s, "m") {
					want = ""
				}
				if err != nil || r.Info().Metadata["of"] != want {
					t.Errorf("the content %q comes with the metadata %v, %v, want %q and nil", s,
						r.Info().Metadata, err, want)
					return
				}
			}
		})
	}
	err := inParallel(4, func(w int) error {
		for i := range 60 {
			s, o := fmt.Sprintf("p%d-%d", w, i), &files.PutOptions{}
			if i%2 == 0 {
				s = "m" + s
				o.Metadata = map[string]string{"of": s}
			}
			if _, err := handles[w%2].Put(ctx, "a", strings.NewReader(s), o); err != nil {
				return err
			}
		}
		return nil
	})
	close(done)
	readers.Wait()
	if err != nil {
		t.Errorf("%v, want nil", err)
	}
}

// Concurrent Puts and Deletes of "a" and of names below it don't affect each other
// (N3), and leave no folder or file.
func TestFileAndFolderRace(t *testing.T) {
	dir := t.TempDir()
	b := openBucket(t, dir, noSync)
	ctx := context.Background()
	putIn(t, b, "a", "kept", nil)
	err := inParallel(4, func(w int) error {
		name := fmt.Sprintf("a/%d/x", w%2)
		for range 50 {
			if _, err := b.Put(ctx, name, strings.NewReader(name), nil); err != nil {
				return err
			}
			if info, err := b.Stat(ctx, "a", nil); err != nil || info.Size != 4 {
				return fmt.Errorf("Stat(a) = %v, %w", info, err)
			}
			if err := b.Delete(ctx, name, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("inParallel = %v, want nil", err)
	}
	if s, _ := fetch(t, b, "a"); s != "kept" {
		t.Errorf("a = %q, want \"kept\"", s)
	}
	del(t, b, "a")
	wantDisk(t, dir)
}
