package resume_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// sending sums up an upload's events.
type sending struct {
	opts  resume.UploadOptions
	sent  int64
	kinds []resume.UploadEventKind
}

func (s *sending) has(kind resume.UploadEventKind) bool {
	for _, k := range s.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// uploading returns options with small parts and a counter of events.
func uploading(tokenFile string) *sending {
	s := &sending{}
	s.opts = resume.UploadOptions{
		PartSize:    part,
		Concurrency: 3,
		TokenFile:   tokenFile,
		Event: func(e resume.UploadEvent) {
			if e.Kind == resume.UploadSent {
				s.sent += e.Bytes
				return
			}
			s.kinds = append(s.kinds, e.Kind)
		},
	}
	return s
}

func upload(t testing.TB, b files.Bucket, p []byte, s *sending) (files.Info, error) {
	t.Helper()
	return resume.Upload(t.Context(), b, "dir/f", bytes.NewReader(p), int64(len(p)), &s.opts)
}

// steps is a bucket on which one step of an upload fails, before or after it is done.
type steps struct {
	files.Bucket
	n     int // steps so far
	at    int // the step that fails; 0 is none
	after bool
}

func failing(inner files.Bucket) *steps {
	s := &steps{}
	var mu = make(chan struct{}, 1)
	s.Bucket = files.Wrap(inner, files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpUpload {
				return next(ctx)
			}
			mu <- struct{}{}
			s.n++
			fails := s.at > 0 && s.n >= s.at // all later steps fail too, as after a kill
			now := s.n == s.at
			<-mu
			if !fails {
				return next(ctx)
			}
			if now && s.after {
				next(ctx)
			}
			return errLine
		},
	})
	return s
}

// keepers are the buckets with uploads in parts that need no server.
func keepers(t *testing.T) map[string]files.Bucket {
	b, err := local.Open(t.TempDir(), &local.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return map[string]files.Bucket{"memory": mem.New(nil), "folder": b}
}

func wantStored(t testing.TB, b files.Bucket, name string, want []byte) files.Info {
	t.Helper()
	got, err := files.ReadAll(t.Context(), b, name, nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s has %d bytes, %v, want %d", name, len(got), err, len(want))
	}
	info, err := b.Stat(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func unfinished(t testing.TB, b files.Bucket) (all []resume.Unfinished) {
	t.Helper()
	for u, err := range resume.Uploads(t.Context(), b, "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	return all
}

// TestUpload: every size is stored as Put stores it, and nothing is left.
func TestUpload(t *testing.T) {
	for kind, b := range keepers(t) {
		for _, size := range []int{0, 1, part - 1, part, part + 1, 7 * part, 7*part + 3} {
			p := content(1, size)
			dir := t.TempDir()
			s := uploading(filepath.Join(dir, "token"))
			s.opts.Put = &files.PutOptions{Attributes: files.Attributes{
				CacheControl: "no-cache",
				Metadata:     map[string]string{"Key": "value"},
			}}
			info, err := upload(t, b, p, s)
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", kind, size, err)
			}
			stat := wantStored(t, b, "dir/f", p)
			like, err := files.PutBytes(t.Context(), b, "like", p, s.opts.Put)
			if err != nil {
				t.Fatal(err)
			}
			if info.Version != stat.Version || info.Size != like.Size ||
				info.Digest != like.Digest || info.ModTime.IsZero() != like.ModTime.IsZero() ||
				info.Name != "dir/f" ||
				fmt.Sprint(info.Attributes) != fmt.Sprint(like.Attributes) ||
				fmt.Sprint(stat.Attributes) != fmt.Sprint(like.Attributes) {
				t.Errorf("%s, %d bytes: %+v, a Put returns %+v", kind, size, info, like)
			}
			if plain := s.has(resume.UploadPlain); plain != (size <= part) {
				t.Errorf("%s, %d bytes: the events are %v", kind, size, s.kinds)
			}
			if left := unfinished(t, b); len(left) > 0 {
				t.Errorf("%s, %d bytes: %+v is left", kind, size, left)
			}
			wantAlone(t, dir)
		}
	}
}

// TestUploadEachStep: if any step fails, before or after it is done, and all later ones
// too, the next run continues, and nothing is visible before its end.
func TestUploadEachStep(t *testing.T) {
	const count = 6
	p := content(2, count*part-9)
	for kind, b := range keepers(t) {
		for at := 1; at <= count+4; at++ {
			for _, after := range []bool{false, true} {
				what := fmt.Sprintf("%s, step %d, after %t", kind, at, after)
				if err := b.Delete(t.Context(), "dir/f", nil); err != nil {
					t.Fatal(err)
				}
				token := filepath.Join(t.TempDir(), "token")
				broken := failing(b)
				broken.at, broken.after = at, after
				s := uploading(token)
				s.opts.Put = &files.PutOptions{If: files.IfAbsent()}
				_, err := resume.Upload(t.Context(), broken.Bucket, "dir/f", bytes.NewReader(p),
					int64(len(p)), &s.opts)
				if at <= count+3 && !errors.Is(err, files.ErrUnavailable) {
					t.Fatalf("%s: Upload = %v, want ErrUnavailable", what, err)
				}
				if at > count+3 {
					if err != nil {
						t.Fatalf("%s: Upload without a failing step: %v", what, err)
					}
					continue
				}
				done := after && at == count+3
				if ok, err := files.Exists(t.Context(), b, "dir/f"); err != nil || ok != done {
					t.Fatalf("%s: the file is there: %t, %v", what, ok, err)
				}
				again := uploading(token)
				again.opts.Put = s.opts.Put
				info, err := upload(t, b, p, again)
				if err != nil {
					t.Fatalf("%s: the second run: %v", what, err)
				}
				if done != again.has(resume.UploadFound) {
					t.Errorf("%s: the events are %v", what, again.kinds)
				}
				if stat := wantStored(t, b, "dir/f", p); stat.Version != info.Version ||
					info.Digest.CRC32C != stat.Digest.CRC32C || info.Size != int64(len(p)) {
					t.Errorf("%s: %+v, stored is %+v", what, info, stat)
				}
				if n := s.sent + again.sent; n > int64(len(p))+3*part || n < int64(len(p)-3*part) {
					t.Errorf("%s: %d bytes were sent of %d", what, n, len(p))
				}
				if _, err := os.Stat(token); err == nil {
					t.Errorf("%s: the token file still exists", what)
				}
				// An upload whose beginning lost its response has no token, so it is
				// left for AbortStale.
				left := unfinished(t, b)
				if len(left) > 1 || len(left) == 1 && !(at == 2 && after) {
					t.Errorf("%s: %+v is left", what, left)
				}
				for _, u := range left {
					if err := resume.AbortUpload(t.Context(), b, u.Name, u.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// interrupted returns the token of an upload with about half of the parts.
func interrupted(t testing.TB, b files.Bucket, p []byte, s *sending) {
	t.Helper()
	broken := failing(b)
	broken.at = 2 + (len(p)+part-1)/part/2
	opts := s.opts
	opts.Concurrency = 1 // so that only the parts before that step are sent
	if _, err := resume.Upload(t.Context(), broken.Bucket, "dir/f", bytes.NewReader(p),
		int64(len(p)), &opts); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(s.opts.TokenFile); err != nil {
		t.Fatal(err)
	}
}

// TestUploadChangedSource: if the source differs anywhere from what was sent, Upload is
// ErrCorrupt, the old file is kept, and the upload is removed.
func TestUploadChangedSource(t *testing.T) {
	p := content(3, 8*part)
	for kind, b := range keepers(t) {
		for what, change := range map[string]func(p []byte) []byte{
			"the first byte":        func(p []byte) []byte { p[0] ^= 1; return p },
			"a byte of a sent part": func(p []byte) []byte { p[part+7] ^= 1; return p },
			"grown":                 func(p []byte) []byte { return append(p, 1) },
			"shrunk":                func(p []byte) []byte { return p[:len(p)-1] },
			"empty":                 func(p []byte) []byte { return nil },
			"another type":          func(p []byte) []byte { copy(p, "<html>"); return p },
		} {
			put(t, b, "dir/f", []byte("old"))
			token := filepath.Join(t.TempDir(), "token")
			interrupted(t, b, p, uploading(token))
			changed := change(bytes.Clone(p))
			_, err := upload(t, b, changed, uploading(token))
			if !errors.Is(err, files.ErrCorrupt) {
				t.Errorf("%s, %s: Upload = %v, want ErrCorrupt", kind, what, err)
			}
			wantStored(t, b, "dir/f", []byte("old"))
			if left := unfinished(t, b); len(left) > 0 {
				t.Errorf("%s, %s: %+v is left", kind, what, left)
			}
			if _, err := upload(t, b, changed, uploading(token)); err != nil {
				t.Errorf("%s, %s: the next run: %v", kind, what, err)
			}
			wantStored(t, b, "dir/f", changed)
		}
	}
}

// TestUploadChangedMeanwhile: a file on disk that is changed while it is read is
// ErrCorrupt.
func TestUploadChangedMeanwhile(t *testing.T) {
	for kind, b := range keepers(t) {
		path := filepath.Join(t.TempDir(), "source")
		if err := os.WriteFile(path, content(4, 8*part), 0o666); err != nil {
			t.Fatal(err)
		}
		s := uploading("")
		event := s.opts.Event
		s.opts.Event = func(e resume.UploadEvent) {
			if event(e); e.Kind == resume.UploadSent && e.Part == 1 {
				f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
				if err != nil {
					t.Fatal(err)
				}
				f.WriteString("more")
				f.Close()
			}
		}
		_, err := resume.UploadFile(t.Context(), b, "dir/f", path, &s.opts)
		if !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("%s: UploadFile = %v, want ErrCorrupt", kind, err)
		}
		if ok, _ := files.Exists(t.Context(), b, "dir/f"); ok {
			t.Errorf("%s: it was stored", kind)
		}
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
		if _, err := resume.UploadFile(t.Context(), b, "dir/f", path+"-gone",
			nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s: a missing source: %v", kind, err)
		}
	}
}

// TestUploadToken: a token is valid for one version, bucket, name and set of options; a
// token file that isn't one is not changed.
func TestUploadToken(t *testing.T) {
	p := content(5, 8*part)
	b := mem.New(nil)
	token := filepath.Join(t.TempDir(), "token")
	interrupted(t, b, p, uploading(token))
	good, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, b files.Bucket, name, token string, put *files.PutOptions) {
		t.Helper()
		s := uploading("")
		s.opts.Token, s.opts.Put = token, put
		_, err := resume.Upload(t.Context(), b, name, bytes.NewReader(p), int64(len(p)), &s.opts)
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: Upload = %v, want ErrInvalid", what, err)
		}
		if n := len(unfinished(t, b)); b.Features().ReadOnly || n > 1 {
			t.Errorf("%s: %d uploads", what, n)
		}
	}
	replaced := func(old, new string) string { return strings.Replace(string(good), old, new, 1) }
	refused("another bucket", mem.New(nil), "dir/f", string(good), nil)
	refused("another name", b, "dir/g", string(good), nil)
	refused("other options", b, "dir/f", string(good), &files.PutOptions{If: files.IfAbsent()})
	refused("another type", b, "dir/f", string(good),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "text/plain"}})
	refused("a later version", b, "dir/f", replaced(`"version":1`, `"version":2`), nil)
	refused("another size of parts", b, "dir/f", replaced(`"partSize":10000`, `"partSize":9999`),
		nil)
	refused("damaged", b, "dir/f", replaced(`"parts":"`, `"parts":"AAAA`), nil)
	refused("half", b, "dir/f", string(good[:len(good)/2]), nil)
	refused("no token", b, "dir/f", "{}", nil)
	refused("too long", b, "dir/f", strings.Repeat(" ", resume.MaxToken)+string(good), nil)
	for _, text := range []string{"", "precious"} {
		if err := os.WriteFile(token, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := upload(t, b, p, uploading(token)); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%q as a token: %v, want ErrInvalid", text, err)
		}
		if now, err := os.ReadFile(token); err != nil || string(now) != text {
			t.Errorf("%q became %q, %v", text, now, err)
		}
	}
	if len(good) > 2000 || !strings.HasPrefix(string(good), "{") {
		t.Errorf("the token is %s", good)
	}
	// The token's part size is used, and another wrapper of the same file is the same
	// file.
	sub, err := files.Sub(b, "dir")
	if err != nil {
		t.Fatal(err)
	}
	s := uploading("")
	s.opts.Token, s.opts.PartSize = string(good), 3*part
	info, err := resume.Upload(t.Context(), sub, "f", bytes.NewReader(p), int64(len(p)), &s.opts)
	if err != nil || info.Name != "f" || s.sent > int64(len(p))/2+3*part {
		t.Fatalf("%+v, %v, %d bytes were sent", info, err, s.sent)
	}
	wantStored(t, b, "dir/f", p)
}

// TestUploadGone: parts that were removed meanwhile are sent again, and an event
// reports it.
func TestUploadGone(t *testing.T) {
	p := content(6, 8*part)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		interrupted(t, b, p, uploading(token))
		left := unfinished(t, b)
		if len(left) != 1 || left[0].Name != "dir/f" || left[0].Size < 3*part ||
			left[0].Time.IsZero() {
			t.Fatalf("%s: the unfinished uploads are %+v, want one of dir/f", kind, left)
		}
		if err := resume.AbortUpload(t.Context(), b, "dir/f", left[0].ID); err != nil {
			t.Fatal(err)
		}
		s := uploading(token)
		if _, err := upload(t, b, p, s); err != nil {
			t.Fatalf("%s: Upload: %v", kind, err)
		}
		if !s.has(resume.UploadBegunAnew) || s.sent != int64(len(p)) {
			t.Errorf("%s: %v, %d bytes", kind, s.kinds, s.sent)
		}
		wantStored(t, b, "dir/f", p)
	}
}

// TestUploadConditions: the condition is decided at the commit, by any process.
func TestUploadConditions(t *testing.T) {
	p := content(7, 8*part)
	for kind, b := range keepers(t) {
		token := filepath.Join(t.TempDir(), "token")
		s := uploading(token)
		s.opts.Put = &files.PutOptions{If: files.IfAbsent()}
		interrupted(t, b, p, s)
		put(t, b, "dir/f", p) // another writer puts the same content
		if _, err := upload(t, b, p, s); !errors.Is(err, files.ErrExist) {
			t.Errorf("%s: if absent: %v, want ErrExist", kind, err)
		}
		if left := unfinished(t, b); len(left) > 0 {
			t.Errorf("%s: %+v is left", kind, left)
		}
		info, err := files.PutString(t.Context(), b, "dir/f", "old", nil)
		if err != nil {
			t.Fatal(err)
		}
		s = uploading(token)
		s.opts.Put = &files.PutOptions{If: files.IfVersion(info.Version)}
		interrupted(t, b, p, s)
		if _, err := upload(t, b, p, s); err != nil {
			t.Errorf("%s: if version: %v", kind, err)
		}
		wantStored(t, b, "dir/f", p)
		if _, err := upload(t, b, p, s); !errors.Is(err, files.ErrPrecondition) {
			t.Errorf("%s: of a version that is gone: %v, want ErrPrecondition", kind, err)
		}
		wrong := uploading("")
		wrong.opts.Put = &files.PutOptions{Digest: files.Digest{
			MD5: "00000000000000000000000000000000",
		}}
		if _, err := upload(t, b, content(8, 8*part), wrong); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("%s: a wrong digest: %v, want ErrCorrupt", kind, err)
		}
		wantStored(t, b, "dir/f", p)
	}
}
