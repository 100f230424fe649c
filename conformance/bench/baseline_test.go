package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// subject is an implementation, reduced to the operations that are measured.
type subject interface {
	put(name string, content []byte) error
	get(name string) (int64, error) // reads the whole file and returns its size
	stat(name string) error
	del(name string) error
	// list counts all files, with size and time. With namesOnly it may leave both out.
	list(namesOnly bool) (int, error)
}

// subjects has the implementations. Each benchmark opens a new one, on disk in a new
// folder.
var subjects = []struct {
	name string
	disk bool
	open func(b testing.TB, dir string) subject
}{
	{"mem", false, func(b testing.TB, _ string) subject { return bucket{b: mem.New(nil)} }},
	{"memblob", false, func(b testing.TB, _ string) subject {
		return cdk{b: memblob.OpenBucket(nil)}
	}},
	{"local", true, func(b testing.TB, dir string) subject {
		return openLocal(b, dir, false, files.PutOptions{})
	}},
	{"local-synced", true, func(b testing.TB, dir string) subject {
		return openLocal(b, dir, true, files.PutOptions{})
	}},
	{"local-sidecar", true, func(b testing.TB, dir string) subject {
		return openLocal(b, dir, false, withMetadata)
	}},
	{"local-sidecar-synced", true, func(b testing.TB, dir string) subject {
		return openLocal(b, dir, true, withMetadata)
	}},
	{"fileblob", true, openFileblob},
	{"os", true, func(b testing.TB, dir string) subject { return bare{dir: dir} }},
	{"os-synced", true, func(b testing.TB, dir string) subject {
		return bare{
			dir:  dir,
			sync: true,
		}
	}},
}

var withMetadata = files.PutOptions{
	Attributes: files.Attributes{Metadata: map[string]string{"owner": "bench"}},
}

var ctx = context.Background()

// folder makes a new folder on the disk that is measured.
func folder(b testing.TB) string {
	dir, err := os.MkdirTemp(os.Getenv("CLOUDFILES_BENCH_DIR"), "cloudfiles-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// bucket is a files.Bucket.
type bucket struct {
	b    files.Bucket
	opts files.PutOptions
}

func openLocal(b testing.TB, dir string, sync bool, opts files.PutOptions) subject {
	bk, err := local.Open(dir, &local.Options{NoSync: !sync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bk.Close() })
	return bucket{bk, opts}
}

func (s bucket) put(name string, content []byte) error {
	_, err := s.b.Put(ctx, name, bytes.NewReader(content), &s.opts)
	return err
}

func (s bucket) get(name string) (int64, error) {
	r, err := s.b.Get(ctx, name, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, r)
}

func (s bucket) stat(name string) error {
	_, err := s.b.Stat(ctx, name, nil)
	return err
}

func (s bucket) del(name string) error { return s.b.Delete(ctx, name, nil) }

func (s bucket) list(namesOnly bool) (n int, err error) {
	for _, err := range s.b.List(ctx, "", &files.ListOptions{NamesOnly: namesOnly}) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// cdk is a *blob.Bucket.
type cdk struct{ b *blob.Bucket }

func openFileblob(b testing.TB, dir string) subject {
	bk, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bk.Close() })
	return cdk{bk}
}

func (s cdk) put(name string, content []byte) error { return s.b.WriteAll(ctx, name, content, nil) }

func (s cdk) get(name string) (int64, error) {
	r, err := s.b.NewReader(ctx, name, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, r)
}

func (s cdk) stat(name string) error {
	_, err := s.b.Attributes(ctx, name)
	return err
}

func (s cdk) del(name string) error { return s.b.Delete(ctx, name) }

func (s cdk) list(bool) (n int, err error) {
	for it := s.b.List(nil); ; n++ {
		if _, err := it.Next(ctx); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

var buffers = sync.Pool{New: func() any { p := make([]byte, 1<<20); return &p }}

// bare uses package os as a careful program does.
type bare struct {
	dir  string
	sync bool
}

func (s bare) put(name string, content []byte) error {
	path := filepath.Join(s.dir, name)
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-")
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	if s.sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil || !s.sync {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s bare) get(name string) (int64, error) {
	f, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	p := buffers.Get().(*[]byte)
	defer buffers.Put(p)
	total := int64(0)
	for {
		n, err := f.Read(*p)
		total += int64(n)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func (s bare) stat(name string) error {
	_, err := os.Lstat(filepath.Join(s.dir, name))
	return err
}

func (s bare) del(name string) error { return os.Remove(filepath.Join(s.dir, name)) }

// list uses filepath.WalkDir, which sorts each folder.
func (s bare) list(namesOnly bool) (n int, err error) {
	err = filepath.WalkDir(s.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".attrs") {
			return err
		}
		n++
		if namesOnly {
			return nil
		}
		_, err = e.Info()
		return err
	})
	return n, err
}
