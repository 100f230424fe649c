package resume_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// counted is a bucket that counts requests and bytes, and fails if a test asks for it.
type counted struct {
	files.Bucket
	gets, sent atomic.Int64
	failAfter  atomic.Int64 // bytes; 0 is never
	opening    func(c *files.Call) error
	flip       atomic.Int64 // offset of a byte that is changed, if it isn't 0
}

var errLine = driver.Errorf(files.ErrUnavailable, "the line broke")

func newCounted(inner files.Bucket) *counted {
	b := &counted{}
	b.Bucket = files.Wrap(inner, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpGet {
				b.gets.Add(1)
				if b.opening != nil {
					if err := b.opening(c); err != nil {
						return err
					}
				}
			}
			return next(ctx)
		},
		Body: func(_ context.Context, c *files.Call, body io.Reader) io.Reader {
			off, _, _ := c.Get.Range.Parts()
			return readerFunc(func(p []byte) (int, error) {
				if most := b.failAfter.Load(); most > 0 && b.sent.Load() >= most {
					return 0, errLine
				}
				n, err := body.Read(p[:min(len(p), 4096)])
				if at := b.flip.Load() - off; at > 0 && at < int64(n) {
					p[at] ^= 1
				}
				off += int64(n)
				b.sent.Add(int64(n))
				return n, err
			})
		},
	})
	return b
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func content(seed byte, n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(p)
	return p
}

func put(t testing.TB, b files.Bucket, name string, p []byte) {
	t.Helper()
	if _, err := files.PutBytes(t.Context(), b, name, p, nil); err != nil {
		t.Fatal(err)
	}
}

// wantFile fails unless the file has the content and its folder has no other file.
func wantFile(t testing.TB, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v, want %d", len(got), err, len(want))
	}
	wantAlone(t, filepath.Dir(path), filepath.Base(path))
}

func wantAlone(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder has %q, want %q", got, names)
	}
}

const part = 10_000

var small = &resume.DownloadOptions{PartSize: part, Concurrency: 3}

// TestDownload: files of every size take one request for each part, and nothing is left
// beside the file.
func TestDownload(t *testing.T) {
	for _, size := range []int{0, 1, part - 1, part, part + 1, 7 * part, 7*part + 3} {
		b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
		want := content(1, size)
		put(t, b, "f", want)
		path := filepath.Join(t.TempDir(), strings.Repeat("n", 255))
		info, err := resume.Download(t.Context(), b, "f", path, small)
		if err != nil || info.Size != int64(size) || info.Name != "f" {
			t.Fatalf("%d bytes: %+v, %v", size, info, err)
		}
		wantFile(t, path, want)
		if n := b.gets.Load(); n != int64(max(1, (size+part-1)/part)) {
			t.Errorf("%d bytes: %d requests", size, n)
		}
		if n := b.sent.Load(); n != int64(size) {
			t.Errorf("%d bytes were fetched of a file of %d", n, size)
		}
		put(t, b, "f", want[:size/2])
		if _, err := resume.Download(t.Context(), b, "f", path, nil); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, want[:size/2])
	}
}

// TestDownloadResumes: a download that is interrupted again and again fetches hardly
// anything twice.
func TestDownloadResumes(t *testing.T) {
	const size = 100*part + 7
	for _, every := range []int64{25 * part, 33*part + 5000, 49 * part} {
		b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
		want := content(2, size)
		put(t, b, "f", want)
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		tries := 0
		for {
			b.failAfter.Store(b.sent.Load() + every)
			_, err := resume.Download(t.Context(), b, "f", path, small)
			if err == nil {
				break
			}
			if !errors.Is(err, files.ErrUnavailable) {
				t.Fatal(err)
			}
			if old, err := os.ReadFile(path); err != nil || string(old) != "old" {
				t.Fatalf("before the download's end the file is %q, %v", old, err)
			}
			if tries++; tries > 5 {
				t.Fatal("it doesn't end")
			}
		}
		if tries < 2 {
			t.Fatalf("the download was interrupted only %d times", tries)
		}
		wantFile(t, path, want)
		if n := b.sent.Load(); n > size*11/10 {
			t.Errorf("interrupted every %d bytes: %d bytes were fetched of %d", every, n, size)
		}
	}
}

// broken leaves an unfinished download with about half of the parts.
func broken(t testing.TB, b *counted, path string) {
	t.Helper()
	b.failAfter.Store(b.sent.Load() + 20*part)
	if _, err := resume.Download(t.Context(), b, "f", path, small); !errors.Is(err,
		files.ErrUnavailable) {
		t.Fatal(err)
	}
	b.failAfter.Store(0)
	if n := len(leftovers(t, path)); n != 2 {
		t.Fatalf("%d files are kept, want content and state", n)
	}
}

func leftovers(t testing.TB, path string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".resume-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// TestDownloadChanged: a file that was changed between two calls is downloaded anew;
// one that is changed during a call is ErrChanged, and leaves nothing.
func TestDownloadChanged(t *testing.T) {
	old, now := content(3, 40*part), content(4, 40*part)
	for _, same := range []bool{false, true} {
		b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
		put(t, b, "f", old)
		path := filepath.Join(t.TempDir(), "f")
		broken(t, b, path)
		want := now
		if same {
			want = old // put again: the same bytes with another version
		}
		put(t, b, "f", want)
		if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, want)
	}

	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	put(t, b, "f", old)
	path := filepath.Join(t.TempDir(), "f")
	b.opening = func(*files.Call) error {
		if b.gets.Load() == 9 {
			put(t, b, "f", now)
		}
		return nil
	}
	if _, err := resume.Download(t.Context(), b, "f", path, small); !errors.Is(err,
		files.ErrChanged) {
		t.Errorf("changed meanwhile: %v", err)
	}
	wantAlone(t, filepath.Dir(path))

	b.opening = nil
	broken(t, b, path)
	if err := b.Delete(t.Context(), "f", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := resume.Download(t.Context(), b, "f", path, small); !errors.Is(err,
		files.ErrNotExist) {
		t.Errorf("deleted between two calls: %v", err)
	}
	wantAlone(t, filepath.Dir(path))
}

// TestDownloadOtherVersion: IfVersion also holds for a resumed download, whose parts
// are kept.
func TestDownloadOtherVersion(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	want := content(5, 40*part)
	put(t, b, "f", want)
	path := filepath.Join(t.TempDir(), "f")
	broken(t, b, path)
	if _, err := resume.Download(t.Context(), b, "f", path,
		&resume.DownloadOptions{IfVersion: "another"}); !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("another version: %v", err)
	}
	before := b.sent.Load()
	if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, want)
	if n := b.sent.Load() - before; n > 25*part {
		t.Errorf("%d bytes were fetched for the 20 missing parts", n)
	}
}

// TestDownloadCorrupt: content that doesn't match its digest isn't kept.
func TestDownloadCorrupt(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	want := content(8, 40*part)
	put(t, b, "f", want)
	path := filepath.Join(t.TempDir(), "f")
	b.flip.Store(5*part + 17)
	if _, err := resume.Download(t.Context(), b, "f", path, small); !errors.Is(err,
		files.ErrCorrupt) {
		t.Errorf("a wrong byte: %v", err)
	}
	wantAlone(t, filepath.Dir(path))
	b.flip.Store(0)
	if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, want)
}

// TestDownloadTwo: two downloads to one target at the same time both succeed, and leave
// nothing.
func TestDownloadTwo(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	want := content(9, 40*part)
	put(t, b, "f", want)
	path := filepath.Join(t.TempDir(), "f")
	inside := false
	b.opening = func(*files.Call) error {
		if b.gets.Load() == 10 && !inside {
			inside = true
			if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
				t.Errorf("the second: %v", err)
			}
		}
		return nil
	}
	if _, err := resume.Download(t.Context(), b, "f", path,
		&resume.DownloadOptions{PartSize: part, Concurrency: 1}); err != nil {
		t.Fatal(err)
	}
	if !inside {
		t.Error("there was no second download")
	}
	wantFile(t, path, want)
}

// TestDownloadErrors: bad options, a missing folder and a target that is a folder are
// errors; an ended context keeps the parts.
func TestDownloadErrors(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	put(t, b, "f", content(10, 40*part))
	dir := t.TempDir()
	for _, c := range []struct {
		name, path string
		opts       *resume.DownloadOptions
		want       error
	}{
		{"f", filepath.Join(dir, "f"), &resume.DownloadOptions{PartSize: -1}, files.ErrInvalid},
		{"f", filepath.Join(dir, "f"), &resume.DownloadOptions{Concurrency: -1}, files.ErrInvalid},
		{"f", filepath.Join(dir, "missing", "f"), nil, files.ErrInvalid},
		{"f", dir, nil, files.ErrInvalid},
		{"missing", filepath.Join(dir, "f"), nil, files.ErrNotExist},
		{"../f", filepath.Join(dir, "f"), nil, files.ErrInvalidName},
	} {
		_, err := resume.Download(t.Context(), b, c.name, c.path, c.opts)
		var e *files.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Name != c.name ||
			strings.Contains(err.Error(), dir) {
			t.Errorf("%q to %q: %v, want %v", c.name, c.path, err, c.want)
		}
	}
	if _, err := resume.Download(t.Context(), b, "f", dir, nil); err == nil ||
		!strings.Contains(err.Error(), "the target: it is a folder") {
		t.Errorf("to a folder: %v", err)
	}
	wantAlone(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	b.opening = func(*files.Call) error {
		if b.gets.Load() > 15 {
			cancel()
		}
		return nil
	}
	path := filepath.Join(dir, "f")
	if _, err := resume.Download(ctx, b, "f", path, small); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if n := len(leftovers(t, path)); n != 2 {
		t.Errorf("cancelled: %d files are kept, want 2", n)
	}
	if _, err := resume.Download(t.Context(), nil, "f", path, nil); !errors.Is(err,
		files.ErrInvalid) {
		t.Errorf("no bucket: %v", err)
	}
}

// TestRemoveStale: RemoveStale removes only old files that aren't in use.
func TestRemoveStale(t *testing.T) {
	b := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	put(t, b, "f", content(11, 40*part))
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	broken(t, b, path)
	other := ".resume-notes.part"
	if err := os.WriteFile(filepath.Join(dir, other), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if n, err := resume.RemoveStale(dir, time.Hour); n != 0 || err != nil {
		t.Errorf("RemoveStale without old files = %d, %v", n, err)
	}
	if len(leftovers(t, path)) != 3 {
		t.Error("what isn't old was removed")
	}
	b.opening = func(*files.Call) error {
		if n, err := resume.RemoveStale(dir, 0); n != 0 || err != nil {
			t.Errorf("RemoveStale during the download = %d, %v", n, err)
		}
		return errLine
	}
	if _, err := resume.Download(t.Context(), b, "f", path, small); err == nil {
		t.Error("no error")
	}
	if n, err := resume.RemoveStale(dir, 0); n == 0 || err != nil {
		t.Errorf("RemoveStale of old files = %d, %v", n, err)
	}
	wantAlone(t, dir, other)
}
