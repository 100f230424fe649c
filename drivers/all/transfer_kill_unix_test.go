//go:build unix

package all

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

const (
	transferMost = "CLOUDFILES_TRANSFER_CHILD" // after how many bytes the child waits
	transferFrom = "CLOUDFILES_TRANSFER_FROM"  // URLs of buckets
	transferTo   = "CLOUDFILES_TRANSFER_TO"
	transferDir  = "CLOUDFILES_TRANSFER_STATES"
)

// bodies counts the bytes that are read of a bucket's files. After most bytes, it calls
// full.
type bodies struct {
	n    atomic.Int64
	most int64
	full func()
}

func (c *bodies) bucket(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return readerFunc(func(p []byte) (int, error) {
				if c.full != nil && c.n.Load() >= c.most {
					c.full()
				}
				n, err := body.Read(p[:min(len(p), 64<<10)])
				c.n.Add(int64(n))
				return n, err
			})
		},
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestTransferChild is the process that TestTransferKilled kills.
func TestTransferChild(t *testing.T) {
	most, err := strconv.ParseInt(os.Getenv(transferMost), 10, 64)
	if err != nil {
		t.Skip("it is the process that TestTransferKilled kills")
	}
	c := &bodies{
		most: most,
		full: func() {
			os.Stdout.WriteString("\nreached\n")
			time.Sleep(time.Hour) // until it is killed
		},
	}
	src, dst := open(t, os.Getenv(transferFrom)), open(t, os.Getenv(transferTo))
	plan, err := transfer.Sync(transfer.Tree{Bucket: dst, Dir: "tree"},
		transfer.Tree{Bucket: c.bucket(src), Dir: "tree"},
		&transfer.Options{StateDir: os.Getenv(transferDir)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Apply(t.Context())
	t.Fatal("the transfer ended: ", err)
}

// killTransfer syncs in another process, and kills it when it has read most bytes.
func killTransfer(t *testing.T, from, to, states string, most int64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, "-test.run=^TestTransferChild$")
	child.Env = append(os.Environ(), transferMost+"="+strconv.FormatInt(most, 10),
		transferFrom+"="+from, transferTo+"="+to, transferDir+"="+states)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "reached" {
		t.Log(lines.Text())
	}
	child.Process.Kill()
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

// TestTransferKilled: a sync of a folder to a service, and back, is killed inside a file,
// once or three times. All runs together read and send at most a tenth of it again, and
// leave nothing. Three kills lose up to three parts, which have 5 MiB on S3, so the file
// has 160 MiB in the long tests.
func TestTransferKilled(t *testing.T) {
	size, up := int64(64<<20), []int64{45<<20 - 100<<10}
	if longtest.On() { // each kill is near the end of a part
		size, up = 160<<20, []int64{45<<20 - 100<<10, 35<<20 - 100<<10, 60<<20 - 100<<10}
	}
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{64}).Read(p)
	for name, store := range resumable {
		if name == "memory" || name == "folder" { // which files/transfer tests
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, states := store(t), filepath.Join(t.TempDir(), "states")
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "tree"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "tree", "big"), p, 0o666); err != nil {
				t.Fatal(err)
			}
			back := "file://" + filepath.ToSlash(t.TempDir()) + "?sync=none&metadata=skip"
			for _, step := range []struct {
				what, from, to string
				kills          []int64 // how many bytes each killed run reads
			}{
				{"up", "file://" + filepath.ToSlash(dir) + "?sync=none", url, up},
				{"down", url, back, []int64{23<<20 + 1, 9 << 20, 20 << 20}},
			} {
				src, dst := open(t, step.from), open(t, step.to)
				killed := int64(0)
				for _, most := range step.kills {
					killTransfer(t, step.from, step.to, states, most)
					killed += most
					if ok, err := files.Exists(t.Context(), dst, "tree/big"); ok || err != nil {
						t.Errorf("%s: after a kill the file is there: %t, %v, want false and nil",
							step.what, ok, err)
					}
				}
				c := &bodies{}
				plan, err := transfer.Sync(transfer.Tree{Bucket: dst, Dir: "tree"},
					transfer.Tree{Bucket: c.bucket(src), Dir: "tree"},
					&transfer.Options{StateDir: states})
				if err != nil {
					t.Fatal(err)
				}
				res, err := plan.Apply(t.Context())
				if err != nil {
					t.Fatalf("%s: the last run: %v", step.what, err)
				}
				twice := killed + c.n.Load() - size
				t.Logf("%s: %.1f%% was copied twice", step.what,
					100*float64(twice)/float64(size))
				if twice > size/10 || res.Resumed < killed-size/10 {
					t.Errorf("%s: %d bytes were copied twice; %+v", step.what, twice, res)
				}
				got, err := files.ReadAll(t.Context(), dst, "tree/big", nil)
				if err != nil || !bytes.Equal(got, p) {
					t.Errorf("%s: the copy has %d bytes that aren't the source's, %v", step.what,
						len(got), err)
				}
				for u, err := range resume.Uploads(t.Context(), dst, "") {
					t.Errorf("%s: %+v is left, %v", step.what, u, err)
				}
				if left, err := os.ReadDir(states); err != nil || len(left) > 0 {
					t.Errorf("%s: %v is left, %v", step.what, left, err)
				}
			}
		})
	}
}
