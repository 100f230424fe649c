package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// fsPattern is content in which every offset is recognized.
func fsPattern(n int) []byte {
	p := make([]byte, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(rnd.Uint32())
	}
	return p
}

func openFS(t *testing.T, b files.Bucket, name string) fsReader {
	t.Helper()
	f, err := files.FS(t.Context(), b, nil).Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f.(fsReader)
}

type fsReader interface {
	fs.File
	io.Seeker
	io.ReaderAt
	io.WriterTo
}

func TestFSFileReads(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 70_000} {
		b, content := mem.New(nil), fsPattern(size)
		if _, err := b.Put(t.Context(), "x", bytes.NewReader(content), nil); err != nil {
			t.Fatal(err)
		}
		// TestReader reads in pieces of every kind, seeks everywhere, and compares
		// ReadAt.
		if err := iotest.TestReader(openFS(t, b, "x"), content); err != nil {
			t.Errorf("%d bytes: %v, want no error", size, err)
		}
		for _, at := range []int{0, 1, size / 2, size, size + 5} {
			f := openFS(t, b, "x")
			if _, err := f.Seek(int64(at), io.SeekStart); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			n, err := f.WriteTo(&out)
			if want := content[min(at,
				size):]; err != nil || !bytes.Equal(out.Bytes(), want) || n != int64(len(want)) {
				t.Errorf("%d bytes: WriteTo from %d = %d bytes, %v", size, at, n, err)
			}
			if m, err := f.Read(make([]byte, 1)); m != 0 || err != io.EOF {
				t.Errorf("%d bytes: Read behind WriteTo = %d, %v, want 0 and io.EOF",
					size, m, err)
			}
			if n, err := f.WriteTo(&out); n != 0 || err != nil {
				t.Errorf("%d bytes: WriteTo at the end = %d, %v, want 0 and no error",
					size, n, err)
			}
		}
	}
}

func TestFSFileBadArguments(t *testing.T) {
	b, _ := fsBucket(t, "x")
	f := openFS(t, b, "x")
	for what, do := range map[string]func() error{
		"Seek before the beginning": func() error {
			_, err := f.Seek(-1, io.SeekStart)
			return err
		},
		"Seek of an unknown kind": func() error { _, err := f.Seek(0, 7); return err },
		"ReadAt before": func() error {
			_, err := f.ReadAt(make([]byte, 1), -1)
			return err
		},
	} {
		if err := do(); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s = %v, want fs.ErrInvalid", what, err)
		}
	}
	if p, err := io.ReadAll(f); string(p) != "content of x" || err != nil {
		t.Errorf("after bad arguments: %q, %v", p, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("second Close = %v, want no error", err)
	}
	for what, do := range map[string]func() error{
		"Read":    func() error { _, err := f.Read(make([]byte, 1)); return err },
		"ReadAt":  func() error { _, err := f.ReadAt(make([]byte, 1), 0); return err },
		"Seek":    func() error { _, err := f.Seek(0, io.SeekStart); return err },
		"WriteTo": func() error { _, err := f.WriteTo(io.Discard); return err },
		"Stat":    func() error { _, err := f.Stat(); return err },
	} {
		if err := do(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s after Close = %v, want fs.ErrClosed", what, err)
		}
	}
}

// TestFSFileStaysOneVersion: an open file stays one version, or its reads fail with
// ErrChanged, however the file is replaced.
func TestFSFileStaysOneVersion(t *testing.T) {
	ctx := t.Context()
	change := map[string]func(files.Bucket) error{
		"replaced": func(b files.Bucket) error {
			_, err := b.Put(ctx, "x", strings.NewReader("CONTENT OF X"), nil)
			return err
		},
		"deleted": func(b files.Bucket) error { return b.Delete(ctx, "x", nil) },
	}
	kinds := map[string]func(files.Features) files.Features{
		"with conditional reads": func(f files.Features) files.Features { return f },
		"without conditional reads": func(f files.Features) files.Features {
			f.ReadConditions = false
			return f
		},
	}
	for how, do := range change {
		for kind, features := range kinds {
			inner, _ := fsBucket(t)
			content := fsPattern(1 << 20)
			if _, err := files.PutBytes(ctx, inner, "x", content, nil); err != nil {
				t.Fatal(err)
			}
			able := features(inner.Features()).ReadConditions
			b := files.Wrap(inner, files.Hooks{
				Features: features,
				Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
					return readerFunc(body.Read) // a service's body is read in order
				},
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					if ranged := c.Op == files.OpGet && c.Get != nil; ranged &&
						(c.Get.IfVersion != "") != able {
						t.Errorf("%s, %s: a read of the version %q", how, kind, c.Get.IfVersion)
					}
					return next(ctx)
				},
			})
			f := openFS(t, b, "x")
			if n, err := f.Read(make([]byte, 7)); n != 7 || err != nil {
				t.Fatalf("Read = %v, %v, want 7 and no error", n, err)
			}
			if err := do(b); err != nil {
				t.Fatal(err)
			}
			_, err := f.ReadAt(make([]byte, 4), 700_000)
			if !errors.Is(err, files.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, %s: ReadAt = %v, want ErrChanged", how, kind, err)
			}
			// the body that was open continues
			if rest, err := io.ReadAll(f); !bytes.Equal(rest, content[7:]) || err != nil {
				t.Errorf("%s, %s: the rest has %d bytes, %v", how, kind, len(rest), err)
			}
			if _, err := f.Seek(500_000, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			_, err = f.Read(make([]byte, 4))
			if pe, ok := errors.AsType[*fs.PathError](err); !ok || !errors.Is(err,
				files.ErrChanged) || pe.Op != "read" {
				t.Errorf("%s, %s: Read behind a Seek = %v, want ErrChanged", how, kind, err)
			}
		}
	}
}

func TestFSFileReadAtConcurrently(t *testing.T) {
	b, content := mem.New(nil), fsPattern(10_000)
	if _, err := b.Put(t.Context(), "x", bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	f := openFS(t, b, "x")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			p := make([]byte, 100+g)
			for off := g; off+len(p) < len(content); off += 501 {
				if n, err := f.ReadAt(p,
					int64(off)); n != len(p) || err != nil || !bytes.Equal(p, content[off:off+n]) {
					t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
				}
			}
		})
	}
	if p, err := io.ReadAll(f); err != nil || !bytes.Equal(p, content) {
		t.Errorf("ReadAll meanwhile: %d bytes, %v", len(p), err)
	}
	wg.Wait()
}

// TestFSFileZip: a zip archive is read in place, through ReadAt.
func TestFSFileZip(t *testing.T) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("inside.txt")
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("in the archive"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := mem.New(nil)
	if _, err := b.Put(t.Context(), "x.zip", &archive, nil); err != nil {
		t.Fatal(err)
	}
	f := openFS(t, b, "x.zip")
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(f, fi.Size())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := fs.ReadFile(zr, "inside.txt"); string(p) != "in the archive" || err != nil {
		t.Errorf("read %q, %v", p, err)
	}
}

// TestFSFileIsChecked: a file that is read from its beginning to its end is checked
// against the digest (G6), even if an earlier ReadAt has left wrong bytes in the memory
// for blocks.
func TestFSFileIsChecked(t *testing.T) {
	content := fsPattern(200_000)
	inner := mem.New(nil)
	if _, err := files.PutBytes(t.Context(), inner, "x", content, nil); err != nil {
		t.Fatal(err)
	}
	damaged := true
	b := files.Wrap(inner, files.Hooks{
		Body: func(_ context.Context, c *files.Call, body io.Reader) io.Reader {
			at := 0
			return readerFunc(func(p []byte) (int, error) {
				n, err := body.Read(p)
				if damaged && at == 0 && n > 0 {
					p[0] ^= 1
				}
				at += n
				return n, err
			})
		},
	})
	f := openFS(t, b, "x")
	if _, err := f.ReadAt(make([]byte, 100), 0); err != nil {
		t.Fatal(err)
	}
	f.Close()
	damaged = false
	f = openFS(t, b, "x")
	if p, err := io.ReadAll(f); err != nil || !bytes.Equal(p, content) {
		t.Errorf("of a file that is sound now: %d bytes, %v", len(p), err)
	}
	f.Seek(0, io.SeekStart)
	if p, err := io.ReadAll(f); err != nil || !bytes.Equal(p, content) {
		t.Errorf("read again: %d bytes, %v", len(p), err)
	}
	damaged = true
	f = openFS(t, b, "x")
	if _, err := io.ReadAll(f); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("of a damaged file: %v, want ErrCorrupt", err)
	}
}

// TestEmptyFileIsChecked: of an empty file that isn't what its digest says, no way to read
// it ends without ErrCorrupt (G6).
func TestEmptyFileIsChecked(t *testing.T) {
	b := &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info: files.Info{
				Entry:  files.Entry{Version: "v"},
				Digest: files.Digest{CRC32C: "12345678"},
			},
			Body:   io.NopCloser(strings.NewReader("")),
			Verify: true,
		}), nil
	}}
	for what, read := range map[string]func() error{
		"Reader.Read": func() error {
			r, err := b.Get(t.Context(), "x", nil)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = r.Read(make([]byte, 1))
			return err
		},
		"ReadAll": func() error {
			_, err := files.ReadAll(t.Context(), b, "x", nil)
			return err
		},
		"OpenAt": func() error {
			f, err := files.OpenAt(t.Context(), b, "x", nil)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Read(make([]byte, 1))
			return err
		},
		"ReadFile": func() error {
			_, err := fs.ReadFile(files.FS(t.Context(), b, nil), "x")
			return err
		},
		"fs.File.Read": func() error {
			_, err := openFS(t, b, "x").Read(make([]byte, 1))
			return err
		},
		"WriteTo of fs.File": func() error {
			_, err := io.Copy(io.Discard, openFS(t, b, "x"))
			return err
		},
	} {
		if err := read(); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("%s = %v, want ErrCorrupt", what, err)
		}
	}
}

// TestFSErrorsExactly: Read and ReadFile of a directory return no bytes, Sub names its
// path, and Glob leaves out a directory whose listing breaks.
func TestFSErrorsExactly(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/a", "text")
	put(t, b, "d/b", "text")
	view := files.FS(ctx, b, nil)
	dir, err := view.Open("d")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var pe *fs.PathError
	if n, err := dir.Read(make([]byte, 5)); n != 0 || !errors.As(err, &pe) || pe.Op != "read" ||
		pe.Path != "d" || !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Read of a directory = %d, %v, want 0 and ErrInvalid", n, err)
	}
	for _, name := range []string{".", "d"} {
		if p, err := fs.ReadFile(view, name); p != nil || !errors.As(err, &pe) ||
			pe.Op != "read" || pe.Path != name || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("ReadFile(%q) = %q, %v, want an *fs.PathError of read", name, p, err)
		}
	}
	broken := files.FS(ctx, &failingLists{b}, nil)
	if _, err := fs.ReadFile(broken, "e"); !errors.Is(err, errBroken) ||
		errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of what may be a directory = %v, want the error of the listing", err)
	}
	for _, name := range []string{"a\x01", strings.Repeat("d", 1024)} {
		if _, err := view.(fs.SubFS).Sub(name); !errors.As(err, &pe) || pe.Op != "sub" ||
			pe.Path != name || !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("Sub(%.9q) = %v, want an *fs.PathError of sub", name, err)
		}
	}
	if got, err := fs.Glob(files.FS(ctx, &failingList{b}, nil), "d/*"); got != nil || err != nil {
		t.Errorf("Glob of a listing that breaks = %q, %v, want nothing", got, err)
	}
}
