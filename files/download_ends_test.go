package files_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestDownloadsCloseBodies: every download closes each body that it has opened, also if
// it fails at the source or at the target.
func TestDownloadsCloseBodies(t *testing.T) {
	broken := errors.New("broken")
	for what, change := range map[string]func(*fragile, *sink){
		"fine":                  func(*fragile, *sink) {},
		"the source breaks":     func(b *fragile, _ *sink) { b.breakAlways(broken) },
		"the source ends early": func(b *fragile, _ *sink) { b.breakAlways(io.EOF) },
		"the target breaks": func(_ *fragile, s *sink) {
			s.writing = func(int64) error { return broken }
		},
		"a later part is refused": func(b *fragile, _ *sink) {
			b.opening = func(_ context.Context, off int64) error {
				if off > 0 {
					return broken
				}
				return nil
			}
		},
	} {
		b := newFragile(5 << 10)
		to := &sink{}
		change(b, to)
		for _, concurrency := range []int{1, 3} {
			files.DownloadAt(t.Context(), b, "f", to, &files.DownloadAtOptions{
				PartSize:    1 << 10,
				Concurrency: concurrency,
			})
		}
		files.DownloadFile(t.Context(), b, "f", filepath.Join(t.TempDir(), "f"), nil)
		files.Download(t.Context(), b, "f", io.NewOffsetWriter(to, 0), nil)
		if b.gets.Load() < 4 || b.open.Load() != 0 {
			t.Errorf("%s: %d of %d bodies are open", what, b.open.Load(), b.gets.Load())
		}
	}
}

// TestFailedPartEndsOthers: a part that fails ends the requests for the other parts, and
// its error is the one of the download.
func TestFailedPartEndsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFragile(5 << 10)
		ended := false
		b.opening = func(ctx context.Context, off int64) error {
			switch off {
			case 1 << 10:
				<-ctx.Done()
				ended = true
				return ctx.Err()
			case 2 << 10:
				synctest.Wait()
				return files.ErrPermission
			}
			return nil
		}
		_, err := files.DownloadAt(t.Context(), b, "f", &sink{}, &files.DownloadAtOptions{
			PartSize:    1 << 10,
			Concurrency: 5,
		})
		if !errors.Is(err, files.ErrPermission) || !ended {
			t.Errorf("DownloadAt = %v, the other request has ended: %t", err, ended)
		}
	})
}

// TestDownloadAtOfWholeDigest: content whose digest can only be checked as a whole, as
// MD5, is read by one request and checked. SkipVerify reads it in parts.
func TestDownloadAtOfWholeDigest(t *testing.T) {
	content := randomBytes(5 << 10)
	sum := md5.Sum(content)
	for _, right := range []bool{true, false} {
		for _, skip := range []bool{false, true} {
			b := &fragile{Bucket: mem.New(nil), content: bytes.Clone(content)}
			b.digest.MD5 = hex.EncodeToString(sum[:])
			if !right {
				b.content[4000]++
			}
			_, err := files.DownloadAt(t.Context(), b, "f", &sink{}, &files.DownloadAtOptions{
				PartSize:    1 << 10,
				Concurrency: 3,
				SkipVerify:  skip,
			})
			if ok := right || skip; ok != (err == nil) || !ok && !errors.Is(err, files.ErrCorrupt) {
				t.Errorf("right %t, skip %t: DownloadAt = %v", right, skip, err)
			}
			if n := b.gets.Load(); (n == 1) == skip {
				t.Errorf("right %t, skip %t: %d requests", right, skip, n)
			}
		}
	}
}

// TestDownloadAtConnections: the first request, which is for the whole file, lets as many
// connections join as parts are read at a time, at most 64, once it has read its part.
func TestDownloadAtConnections(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		concurrency int
		partSize    int64
		connections int
		after       int64
	}{
		{0, 0, 8, 8*mib + 1},
		{0, 1 << 10, 8, 8 * mib},
		{1, 8*mib - 1, 1, 8 * mib},
		{3, 8 * mib, 3, 8*mib + 1},
		{64, 9 * mib, 64, 9*mib + 1},
		{65, 8 * mib, 64, 8*mib + 1},
		{1000, 8 * mib, 64, 8*mib + 1},
	} {
		b := newFragile(2 << 10)
		var seen []files.GetOptions
		_, err := files.DownloadAt(t.Context(), &answering{b, func(ctx context.Context,
			o files.GetOptions) (*files.Reader, error) {
			seen = append(seen, o)
			return b.Get(ctx, "f", &o)
		}}, "f", &sink{}, &files.DownloadAtOptions{
			PartSize:    c.partSize,
			Concurrency: c.concurrency,
		})
		if err != nil || seen[0].Connections != c.connections ||
			seen[0].ConnectionsAfter != c.after {
			t.Errorf("%+v: DownloadAt = %v, with %d connections after %d bytes", c, err,
				seen[0].Connections, seen[0].ConnectionsAfter)
		}
	}
}
