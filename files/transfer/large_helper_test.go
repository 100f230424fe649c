package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

const largeSize = 12 << 20

// resuming are options by which a file of largeSize is large.
func resuming(dir string) *transfer.Options {
	return &transfer.Options{StateDir: dir, ResumeSize: 8 << 20}
}

func random(seed byte, n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(p)
	return p
}

// reads is a bucket that counts the bytes of bodies, and fails after most of them.
type reads struct {
	files.Bucket
	n, most atomic.Int64
	full    func() error // what happens after most bytes
}

var errCut = driver.Errorf(files.ErrUnavailable, "the line broke")

func readsOf(inner files.Bucket) *reads {
	r := &reads{full: func() error { return errCut }}
	r.Bucket = files.Wrap(inner, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return readFunc(func(p []byte) (int, error) {
				most := r.most.Load()
				if most > 0 && r.n.Load() >= most {
					return 0, r.full()
				}
				n, err := body.Read(p[:min(len(p), 64<<10)])
				r.n.Add(int64(n))
				return n, err
			})
		},
	})
	return r
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func putBytes(t *testing.T, b files.Bucket, name string, p []byte, o *files.PutOptions) {
	t.Helper()
	if _, err := files.PutBytes(t.Context(), b, name, p, o); err != nil {
		t.Fatal(err)
	}
}

func wantBytes(t *testing.T, b files.Bucket, name string, want []byte) files.Info {
	t.Helper()
	r, err := b.Get(context.Background(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes that aren't the %d of the source, %v", name, len(got),
			len(want), err)
	}
	return r.Info()
}

// wantNothingLeft checks that the target has no parts, and that there is no state.
func wantNothingLeft(t *testing.T, b files.Bucket, dir string) {
	t.Helper()
	for u, err := range resume.Uploads(t.Context(), b, "") {
		t.Errorf("%+v is left, %v", u, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left", e.Name())
	}
}

// cutOff runs a plan whose source breaks after some bytes, so that a state is left.
func cutOff(t *testing.T, dst files.Bucket, src *reads, most int64, o *transfer.Options) {
	t.Helper()
	src.most.Store(src.n.Load() + most)
	plan := must(transfer.Copy(in(dst, "there"), whole(src), o))
	if _, err := plan.Apply(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Fatalf("the run that was cut off: %v, want ErrUnavailable", err)
	}
	src.most.Store(0)
	src.n.Store(0)
}
