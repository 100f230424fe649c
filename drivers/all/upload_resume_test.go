package all

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// resumable are the stores on which resumed uploads are tested.
var resumable = map[string]func(t *testing.T) string{
	"memory":    newStores["memory"],
	"folder":    newFolder,
	"versitygw": newStores["versitygw"],
	"azurite":   newStores["azurite"],
}

const (
	resumePart  = 5 << 20 // the least that S3 accepts
	resumeParts = 3
)

// cutUpload is a bucket in which one step of an upload fails, before or after it is
// done, and every later step, as after a kill.
type cutUpload struct {
	mu    sync.Mutex
	n, at int
	after bool
}

var errCut = driver.Errorf(files.ErrUnavailable, "the line broke")

func (c *cutUpload) around(ctx context.Context, call *files.Call,
	next func(context.Context) error) error {
	c.mu.Lock()
	c.n++
	n := c.n
	c.mu.Unlock()
	if n < c.at {
		return next(ctx)
	}
	if n == c.at && c.after {
		next(ctx)
	}
	return errCut
}

// TestUploadResumed: on every service an upload of which a step fails, before or after
// it is done, is not visible, is resumed by its token, and becomes the file that a Put
// would have made. The parts that were sent are not sent again, and nothing is left.
func TestUploadResumed(t *testing.T) {
	p := make([]byte, resumeParts*resumePart-12345)
	rand.NewChaCha8([32]byte{1}).Read(p)
	// Step 1 prepares, 2 begins, then come the parts, and the last one completes.
	const complete = resumeParts + 3
	for name, store := range resumable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, store(t))
			for _, c := range []*cutUpload{
				{at: 3},
				{at: 4, after: true},
				{at: complete},
				{at: complete, after: true},
			} {
				what := fmt.Sprintf("step %d, after %t", c.at, c.after)
				token := filepath.Join(t.TempDir(), "token")
				sent, found := 0, false
				opts := &resume.UploadOptions{
					Put: &files.PutOptions{Attributes: files.Attributes{
						CacheControl: "no-cache",
						Metadata:     map[string]string{"key": "value"},
					}},
					PartSize:    resumePart,
					Concurrency: 1,
					TokenFile:   token,
					Event: func(e resume.UploadEvent) {
						if e.Kind == resume.UploadSent {
							sent++
						}
						found = found || e.Kind == resume.UploadFound
					},
				}
				if c.at == complete && resumesIf(b) {
					opts.Put.If = files.IfAbsent()
				}
				if err := b.Delete(t.Context(), "f.bin", nil); err != nil {
					t.Fatal(err)
				}
				cut := files.Wrap(b, files.Hooks{Uploads: true, Around: c.around})
				put := func(b files.Bucket) (files.Info, error) {
					return resume.Upload(t.Context(), b, "f.bin", bytes.NewReader(p),
						int64(len(p)), opts)
				}
				if _, err := put(cut); !errors.Is(err, files.ErrUnavailable) {
					t.Fatalf("%s: %v, want ErrUnavailable", what, err)
				}
				done := c.after && c.at == complete
				if ok, err := files.Exists(t.Context(), b, "f.bin"); err != nil || ok != done {
					t.Fatalf("%s: it is there: %t, %v", what, ok, err)
				}
				info, err := put(b)
				if err != nil || found != done {
					t.Fatalf("%s: the second run: %v; found %t", what, err, found)
				}
				if most := resumeParts + min(c.at, 4) - 3; sent > most {
					t.Errorf("%s: %d parts were sent, want at most %v", what, sent, most)
				}
				wantUploaded(t, b, p, info)
				if _, err := os.Stat(token); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s: the token: %v, want ErrNotExist", what, err)
				}
				for u, err := range resume.Uploads(t.Context(), b, "") {
					t.Errorf("%s: %+v is left, %v", what, u, err)
				}
			}
		})
	}
}

// resumesIf reports whether uploads with a condition can be resumed.
func resumesIf(b files.Bucket) bool { return b.Features().IfAbsent }

// wantUploaded compares the file and the Info of its upload with what Put makes.
func wantUploaded(t *testing.T, b files.Bucket, p []byte, info files.Info) {
	t.Helper()
	got, err := files.ReadAll(t.Context(), b, "f.bin", nil)
	if err != nil || !bytes.Equal(got, p) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	stat, err := b.Stat(t.Context(), "f.bin", nil)
	if err != nil || info.Version != stat.Version || info.Size != stat.Size ||
		info.Name != "f.bin" || info.Digest.CRC32C == "" ||
		fmt.Sprint(info.Attributes) != fmt.Sprint(stat.Attributes) ||
		stat.CacheControl != "no-cache" || fmt.Sprint(stat.Metadata) != "map[key:value]" ||
		stat.ContentType != "application/octet-stream" {
		t.Errorf("%+v, stored is %+v, %v", info, stat, err)
	}
}

// TestUploadStale: an upload that was left is listed below its directory, by the names
// of the wrapper, and is removed; resuming it begins a new one. The error of an upload
// whose parts could not be removed says so.
func TestUploadStale(t *testing.T) {
	p := make([]byte, resumePart+1)
	for name, store := range resumable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, store(t))
			sub, err := files.Sub(b, "dir")
			if err != nil {
				t.Fatal(err)
			}
			token, anew := "", false
			opts := &resume.UploadOptions{
				PartSize:    resumePart,
				Concurrency: 1,
				Save:        func(s string) error { token = s; return nil },
				Event: func(e resume.UploadEvent) {
					anew = anew || e.Kind == resume.UploadBegunAnew
				},
			}
			put := func(b files.Bucket) error {
				_, err := resume.Upload(t.Context(), b, "x/f", bytes.NewReader(p), int64(len(p)),
					opts)
				return err
			}
			cut := &cutUpload{at: 4}
			hooks := files.Hooks{Uploads: true, Around: cut.around}
			if err := put(files.Wrap(sub, hooks)); !errors.Is(err, files.ErrUnavailable) {
				t.Fatal(err)
			}
			var names []string
			n, err := resume.AbortStale(t.Context(), sub, &resume.StaleOptions{
				Dir: "x",
				Age: 1,
				Each: func(u resume.Unfinished, err error) {
					names = append(names, u.Name)
				},
			})
			removes := !errors.Is(err, files.ErrUnsupported)
			if len(names) != 1 || names[0] != "x/f" || removes && (n != 1 || err != nil) {
				t.Fatalf("AbortStale removed %d uploads, %v: %q", n, err, names)
			}
			for e, err := range b.List(t.Context(), "", nil) {
				t.Errorf("the listing has %+v, %v", e, err)
			}
			opts.Token = token
			if err := put(sub); err != nil || removes && !anew || token != "" {
				t.Errorf("%v, begun anew %t, the token is %q", err, anew, token)
			}
			if got, err := files.ReadAll(t.Context(), b, "dir/x/f", nil); err != nil ||
				!bytes.Equal(got, p) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}
