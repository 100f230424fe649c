//go:build unix

package transfer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

const (
	killMost = "CLOUDFILES_TRANSFER_CHILD" // after how many bytes the child waits
	killFrom = "CLOUDFILES_TRANSFER_FROM"  // the folders of the child
	killTo   = "CLOUDFILES_TRANSFER_TO"
	killDir  = "CLOUDFILES_TRANSFER_STATES"
	killSize = "CLOUDFILES_TRANSFER_SIZE"  // Options.ResumeSize
	killGoOn = "CLOUDFILES_TRANSFER_GO_ON" // the child goes on after a line of its input
)

// TestMain is the killed process if the variable is set: it syncs until it has read a
// number of bytes, and then waits.
func TestMain(m *testing.M) {
	if os.Getenv(killMost) == "" {
		os.Exit(m.Run())
	}
	most, err := strconv.ParseInt(os.Getenv(killMost), 10, 64)
	if err != nil {
		panic(err)
	}
	var open [2]files.Bucket
	for i, v := range []string{killFrom, killTo} {
		url := "file://" + filepath.ToSlash(os.Getenv(v)) + "?sync=none"
		if open[i], err = files.Open(context.Background(), url); err != nil {
			panic(err)
		}
	}
	src := readsOf(open[0])
	src.most.Store(most)
	src.full = func() error {
		os.Stdout.WriteString("waiting\n")
		if os.Getenv(killGoOn) == "" {
			time.Sleep(time.Hour) // until it is killed
		}
		src.most.Store(0)
		bufio.NewReader(os.Stdin).ReadString('\n')
		return nil
	}
	o := &transfer.Options{StateDir: os.Getenv(killDir)}
	o.ResumeSize, _ = strconv.ParseInt(os.Getenv(killSize), 10, 64)
	_, err = must(transfer.Sync(whole(open[1]), whole(src), o)).Apply(context.Background())
	if err != nil {
		panic(err)
	}
}

// begin begins a sync in another process, and returns when it has read most bytes, or
// when it has ended without.
func begin(t *testing.T, most int64, from, to, states, resumeSize, goOn string) (
	child *exec.Cmd, input io.Writer, ended bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child = exec.Command(exe)
	child.Env = append(os.Environ(), killMost+"="+strconv.FormatInt(most, 10), killFrom+"="+from,
		killTo+"="+to, killDir+"="+states, killSize+"="+resumeSize, killGoOn+"="+goOn)
	if input, err = child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	return child, input, err != nil
}

// kill runs a sync in another process, and kills it when it has read most bytes.
func kill(t *testing.T, most int64, from, to, states, resumeSize string) {
	t.Helper()
	if !killed(t, most, from, to, states, resumeSize) {
		t.Fatal("the child ended by itself")
	}
}

// killed does what kill does, and returns false if the sync ended with fewer bytes, and
// without an error.
func killed(t *testing.T, most int64, from, to, states, resumeSize string) bool {
	t.Helper()
	child, _, ended := begin(t, most, from, to, states, resumeSize, "")
	if ended {
		if err := child.Wait(); err != nil {
			t.Fatalf("the child failed: %v", err)
		}
		return false
	}
	child.Process.Kill()
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return true
}

// TestLargeKilled: a process is killed inside a file of 64 MiB, at several places and one
// after the other. The target has the old file or none until it has the new one, and
// the runs together read and send at most a tenth of the file twice.
func TestLargeKilled(t *testing.T) {
	const size = 64 << 20
	const mib = 1 << 20
	_, from := folder(t)
	p := random(1, size)
	if err := os.WriteFile(filepath.Join(from, "big"), p, 0o666); err != nil {
		t.Fatal(err)
	}
	write(t, from, "small", "small", time.Time{})
	states := t.TempDir()
	for _, c := range []struct {
		what   string
		kills  []int64 // how many bytes each killed process reads
		states string
		old    bool
	}{
		{"early", []int64{mib}, "", false},
		{"in the middle", []int64{31*mib + 12345}, "", true},
		{"late", []int64{63 * mib}, states, false},
		{"three times", []int64{10 * mib, 20 * mib, 15*mib + 1}, states, true},
	} {
		dst, to := folder(t)
		if c.old {
			put(t, dst, "big=old")
		}
		read := int64(0)
		for _, most := range c.kills {
			kill(t, most, from, to, c.states, "")
			read += most
			text, err := files.ReadString(t.Context(), dst, "big", nil)
			if c.old && text != "old" || !c.old && !errors.Is(err, files.ErrNotExist) {
				t.Errorf("%s: after a kill the file has %d bytes, %v", c.what, len(text), err)
			}
		}
		b, err := files.Open(t.Context(), "file://"+filepath.ToSlash(from)+"?sync=none")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		src := readsOf(b)
		res := apply(t, must(transfer.Sync(whole(dst), whole(src),
			&transfer.Options{StateDir: c.states})))
		wantBytes(t, dst, "big", p)
		read += src.n.Load()
		if most := int64(size + size/10 + 4096); read > most {
			t.Errorf("%s: %d bytes were read of %d, want at most %d", c.what, read, size, most)
		}
		if res.Failed > 0 || len(c.kills) > 1 && res.Resumed < 35*mib {
			t.Errorf("%s: Apply = %+v, want no failure and what was resumed", c.what, res)
		}
		left := c.states
		if left == "" {
			left = filepath.Join(to, ".cloudfiles.attrs", "states.attrs")
		}
		wantNothingLeft(t, dst, left)
	}
}

// TestLargeTwoProcesses: while a process is inside a large file, another one copies the
// same tree to the same target. Both succeed, and the target has the whole file, and
// nothing else; if the first one is killed, a run after it removes what it has left.
func TestLargeTwoProcesses(t *testing.T) {
	const size = 8 << 20
	_, from := folder(t)
	p := random(70, size)
	write(t, from, "big", string(p), time.Time{})
	write(t, from, "small", "small", time.Time{})
	src, err := files.Open(t.Context(), "file://"+filepath.ToSlash(from)+"?sync=none")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for _, killed := range []bool{false, true} {
		dst, to := folder(t)
		o := &transfer.Options{ResumeSize: 1 << 20, Compare: transfer.ByContent}
		child, input, ended := begin(t, size/2, from, to, "", "1048576", "yes")
		if ended {
			t.Fatal("the other process ended by itself")
		}
		apply(t, must(transfer.Sync(whole(dst), whole(src), o)))
		wantBytes(t, dst, "big", p)
		states := filepath.Join(to, ".cloudfiles.attrs", "states.attrs")
		if killed {
			child.Process.Kill()
			child.Wait()
			write(t, from, "big", string(p[1:]), time.Time{}) // to be copied again
			apply(t, must(transfer.Sync(whole(dst), whole(src), o)))
			wantBytes(t, dst, "big", p[1:])
		} else {
			io.WriteString(input, "go on\n")
			if err := child.Wait(); err != nil {
				t.Errorf("the other process: %v", err)
			}
			wantBytes(t, dst, "big", p)
		}
		wantNothingLeft(t, dst, states)
		if got := contents(t, whole(dst)); len(got) != 2 {
			t.Errorf("the target has %d files", len(got))
		}
	}
}

// TestLargeKilledOften: a process is killed at 50 moments, inside small and large files.
// After each kill every file of the target is absent, the old one or the new one, and
// nothing else is listed; a leftover is never copied back. Each run goes on where the
// last one was, and the last one repairs everything without an option.
func TestLargeKilledOften(t *testing.T) {
	_, from := folder(t)
	want := map[string][]byte{"a/large": random(41, 4<<20), "z": random(42, 3<<20)}
	for i := range byte(20) {
		want[fmt.Sprintf("small/%02d", i)] = random(i, 1000)
	}
	for name, p := range want {
		write(t, from, name, string(p), time.Time{})
	}
	var total int64
	for _, p := range want {
		total += int64(len(p))
	}
	dst, to := folder(t)
	put(t, dst, "z=old")
	kills, ended := 0, false
	for i := range int64(50) {
		// The first runs of a target that has nothing, and one goes on. Parts of a large
		// file are still there from before, so a run may have less to read and end.
		if i%5 == 0 || ended {
			if _, err := files.DeleteAll(t.Context(), dst); err != nil {
				t.Fatal(err)
			}
			put(t, dst, "z=old")
		}
		ended = !killed(t, (i*i*7919+i*104729)%(total/8)+1, from, to, "", strconv.Itoa(2<<20))
		if !ended {
			kills++
		}
		for name, got := range contents(t, whole(dst)) {
			p, ok := want[name]
			if !ok || got != string(p) && (name != "z" || got != "old") {
				t.Fatalf("kill %d: %s has %d bytes", i, name, len(got))
			}
		}
	}
	if kills < 40 {
		t.Errorf("%d runs were killed, want at least 40", kills)
	}
	src, err := files.Open(t.Context(), "file://"+filepath.ToSlash(from)+"?sync=none")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	back := fine()
	apply(t, must(transfer.Sync(whole(back), whole(dst), nil)))
	for name := range contents(t, whole(back)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s was copied back", name)
		}
	}
	apply(t, must(transfer.Sync(whole(dst), whole(src),
		&transfer.Options{ResumeSize: 2 << 20})))
	got := contents(t, whole(dst))
	for name, p := range want {
		if got[name] != string(p) {
			t.Errorf("%s has %d bytes, which aren't the source's", name, len(got[name]))
		}
	}
	if len(got) != len(want) {
		t.Errorf("the target has %d files, want %d", len(got), len(want))
	}
	// A kill between the beginning of an upload and its first note leaves an upload without
	// a part, which the driver removes after a week.
	for u, err := range resume.Uploads(t.Context(), dst, "") {
		if u.Size > 0 || err != nil {
			t.Errorf("%+v is left, %v", u, err)
		}
	}
	// A kill between the commit and the removal of the note leaves the note, for a week.
	states := filepath.Join(to, ".cloudfiles.attrs", "states.attrs")
	notes, err := filepath.Glob(filepath.Join(states, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range notes {
		old := time.Now().Add(-8 * 24 * time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, must(transfer.Sync(whole(dst), whole(src), &transfer.Options{StateDir: states})))
	if left, err := os.ReadDir(states); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
