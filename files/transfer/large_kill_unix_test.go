//go:build unix

package transfer_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

const (
	killMost = "CLOUDFILES_TRANSFER_CHILD" // after how many bytes the child waits
	killFrom = "CLOUDFILES_TRANSFER_FROM"  // the folders of the child
	killTo   = "CLOUDFILES_TRANSFER_TO"
	killDir  = "CLOUDFILES_TRANSFER_STATES"
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
		select {}
	}
	_, err = must(transfer.Sync(whole(open[1]), whole(src),
		&transfer.Options{StateDir: os.Getenv(killDir)})).Apply(context.Background())
	panic(err)
}

// TestLargeKilled: a process is killed inside a file of 64 MiB, at several places and one
// after the other. The target has the old file or none until it has the new one, and
// the runs together read and send at most a tenth of the file twice for each kill.
func TestLargeKilled(t *testing.T) {
	const size = 64 << 20
	const mib = 1 << 20
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
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
			child := exec.Command(exe)
			child.Env = append(os.Environ(), killMost+"="+strconv.FormatInt(most, 10),
				killFrom+"="+from, killTo+"="+to, killDir+"="+c.states)
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			child.Stderr = os.Stderr
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatalf("%s: the child ended by itself: %v", c.what, err)
			}
			child.Process.Kill()
			var exit *exec.ExitError
			if err := child.Wait(); !errors.As(err, &exit) {
				t.Fatal(err)
			}
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
		if most := int64(size + len(c.kills)*size/10 + 4096); read > most {
			t.Errorf("%s: %d bytes were read of %d, want at most %d", c.what, read, size, most)
		}
		if res.Failed > 0 || len(c.kills) > 1 && res.Resumed < 35*mib {
			t.Errorf("%s: %+v", c.what, res)
		}
		left := c.states
		if left == "" {
			left = filepath.Join(to, ".cloudfiles.attrs", "states.attrs")
		}
		wantNothingLeft(t, dst, left)
	}
}
