package resume_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// readsOf counts the bytes that are read of a source.
type readsOf struct {
	*bytes.Reader
	n int64
}

func (r *readsOf) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	r.n += int64(n)
	return n, err
}

// cutAt is a bucket that refuses every step of an upload after the given number.
func cutAt(b files.Bucket, most int) files.Bucket {
	n := 0
	mu := make(chan struct{}, 1)
	return files.Wrap(b, files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			mu <- struct{}{}
			n++
			refused := n > most
			<-mu
			if refused {
				return errLine
			}
			return next(ctx)
		},
	})
}

// TestUploadSourceVersion: if the source is the same version of a file, a call that
// continues reads only what it sends, however often it is interrupted, and whatever
// digest is declared. Without the version it reads everything.
func TestUploadSourceVersion(t *testing.T) {
	p := content(21, 20*part)
	sums := digestsOf(p)
	for kind, b := range keepers(t) {
		for what, digest := range map[string]files.Digest{
			"no digest": {},
			"MD5":       {MD5: sums.MD5},
			"SHA-256":   {SHA256: sums.SHA256, CRC32C: sums.CRC32C},
		} {
			token := filepath.Join(t.TempDir(), "token")
			src := &readsOf{Reader: bytes.NewReader(p)}
			s := uploading(token)
			s.opts.Put = &files.PutOptions{Digest: digest}
			s.opts.Put.ContentType = "text/plain" // nothing is read to find it
			s.opts.SourceVersion = "1"
			put := func(b files.Bucket) error {
				_, err := resume.Upload(t.Context(), b, "dir/f", src, int64(len(p)), &s.opts)
				return err
			}
			for range 3 {
				if err := put(cutAt(b, 8)); !errors.Is(err, errLine) {
					t.Fatalf("%s, %s: the cut upload: %v, want errLine", kind, what, err)
				}
			}
			if err := put(b); err != nil {
				t.Fatalf("%s, %s: the upload that continues: %v", kind, what, err)
			}
			wantStored(t, b, "dir/f", p)
			// each interruption loses the parts in progress, and the one that is read ahead
			if most := int64(len(p) + 3*4*part); src.n > most {
				t.Errorf("%s, %s: %d bytes were read of %d, want at most %d", kind, what, src.n,
					len(p), most)
			}
			if src.n < int64(len(p)) {
				t.Errorf("%s, %s: only %d bytes were read", kind, what, src.n)
			}
		}
	}
}

// TestUploadSourceVersionLies: a source of which the version is the same although the
// content isn't makes no mix.
func TestUploadSourceVersionLies(t *testing.T) {
	p := content(22, 8*part)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		s := uploading(token)
		s.opts.SourceVersion = "1"
		s.opts.Put = &files.PutOptions{Digest: digestsOf(p)}
		interrupted(t, b, p, s)
		if _, err := upload(t, b, content(23, 8*part), s); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", kind, err)
		}
		if ok, err := files.Exists(t.Context(), b, "dir/f"); ok || err != nil {
			t.Errorf("%s: the file is there: %t, %v", kind, ok, err)
		}
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
	}
}

// TestUploadBeginAnew: an upload whose token can't be used is aborted and begun anew if
// the caller says so, and is otherwise an error. Nothing of it is left.
func TestUploadBeginAnew(t *testing.T) {
	p, q := content(24, 8*part), content(25, 8*part)
	for kind, b := range keepers(t) {
		for what, c := range map[string]struct {
			change func(o *resume.UploadOptions)
			want   error
		}{
			"another version": {
				func(o *resume.UploadOptions) { o.SourceVersion = "2" },
				files.ErrCorrupt,
			},
			"other content, no version": {
				func(o *resume.UploadOptions) { o.SourceVersion = "" },
				files.ErrCorrupt,
			},
			"other attributes": {
				func(o *resume.UploadOptions) {
					o.SourceVersion = "2"
					o.Put = &files.PutOptions{Attributes: files.Attributes{ContentType: "a/b"}}
				},
				files.ErrInvalid,
			},
			"a damaged token": {
				func(o *resume.UploadOptions) {
					text, err := os.ReadFile(o.TokenFile)
					if err != nil {
						t.Fatal(err)
					}
					text = bytes.Replace(text, []byte(`"size":`), []byte(`"size":1`), 1)
					if err := os.WriteFile(o.TokenFile, text, 0o666); err != nil {
						t.Fatal(err)
					}
				},
				files.ErrInvalid,
			},
		} {
			for _, anew := range []bool{false, true} {
				token := filepath.Join(t.TempDir(), "token")
				s := uploading(token)
				s.opts.SourceVersion = "1"
				interrupted(t, b, p, s)
				c.change(&s.opts)
				s.opts.BeginAnew = anew
				_, err := upload(t, b, q, s)
				if !anew {
					if !errors.Is(err, c.want) {
						t.Errorf("%s, %s: %v, want %v", kind, what, err, c.want)
					}
				} else if err != nil || !s.has(resume.UploadBegunAnew) {
					t.Errorf("%s, %s: the events are %v, %v, want UploadBegunAnew and no error",
						kind, what, s.kinds, err)
				} else {
					wantStored(t, b, "dir/f", q)
					if _, err := os.Stat(token); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("%s, %s: the token: %v", kind, what, err)
					}
				}
				left := unfinished(t, b)
				if anew && len(left) > 0 && what != "a damaged token" {
					t.Errorf("%s, %s: %+v is left", kind, what, left)
				}
				for _, u := range left {
					resume.AbortUpload(t.Context(), b, u.Name, u.ID)
				}
				if err := b.Delete(t.Context(), "dir/f", nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestUploadBeginAnewKeepsFiles: BeginAnew doesn't remove a file that isn't a token.
func TestUploadBeginAnewKeepsFiles(t *testing.T) {
	for _, b := range keepers(t) {
		path := filepath.Join(t.TempDir(), "precious")
		if err := os.WriteFile(path, []byte("precious"), 0o666); err != nil {
			t.Fatal(err)
		}
		s := uploading(path)
		s.opts.BeginAnew = true
		if _, err := upload(t, b, content(1, 4*part), s); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%v, want ErrInvalid", err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
			t.Errorf("the file has %q, %v", text, err)
		}
	}
}

// TestAbortToken: the upload of a token can be aborted, and only that of this bucket.
func TestAbortToken(t *testing.T) {
	p := content(26, 8*part)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		interrupted(t, b, p, uploading(token))
		text, err := os.ReadFile(token)
		if err != nil {
			t.Fatal(err)
		}
		err = resume.AbortToken(t.Context(), b, "dir/other", string(text))
		if !errors.Is(err, files.ErrInvalid) || len(unfinished(t, b)) != 1 {
			t.Errorf("%s: another name: %v; %d are left", kind, err, len(unfinished(t, b)))
		}
		for range 2 { // the second one finds nothing
			err := resume.AbortToken(t.Context(), b, "dir/f", string(text))
			if err != nil || len(unfinished(t, b)) != 0 {
				t.Errorf("%s: %v; %d are left", kind, err, len(unfinished(t, b)))
			}
		}
		if err := resume.AbortToken(t.Context(), b, "dir/f", "x"); !errors.Is(err,
			files.ErrInvalid) {
			t.Errorf("%s: not a token: %v", kind, err)
		}
	}
}

// digestsOf returns the digests that a caller may declare.
func digestsOf(p []byte) files.Digest {
	h := driver.NewHasher(files.Digest{MD5: "?", SHA256: "?"})
	io.Copy(h, bytes.NewReader(p))
	return h.Sum()
}
