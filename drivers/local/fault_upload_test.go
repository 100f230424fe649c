//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

const (
	uploadedText = "two parts"
	uploadedName = "d/uploaded.txt"
)

// sending is an upload in parts, and what was sent of it.
type sending struct {
	b     files.Bucket
	up    *driver.Upload
	parts []driver.UploadedPart
}

// step makes one step at the backend.
func (s *sending) step(ctx context.Context,
	f func(ctx context.Context, u *driver.Uploader) error) error {
	return driver.WithUploader(ctx, s.b, uploadedName, f)
}

func (s *sending) begin(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) (err error) {
		opts := &files.PutOptions{}
		opts.Metadata = map[string]string{"k": "v"}
		s.up, err = u.Prepare(opts, int64(len(uploadedText)), []byte(uploadedText))
		if err != nil {
			return err
		}
		s.up.PartSize = 4
		s.up.ID, err = u.BeginUpload(ctx, s.up)
		return err
	})
}

func (s *sending) send(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) error {
		for n := len(s.parts) + 1; n <= s.up.Parts(); n++ {
			off, size := s.up.Part(n)
			content := []byte(uploadedText[off : off+size])
			sum := crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli))
			part := driver.NewPart(n, off, content, sum, n == s.up.Parts())
			tag, err := u.PutPart(ctx, s.up, part)
			if err != nil {
				return err
			}
			s.parts = append(s.parts, driver.UploadedPart{
				Number: n,
				Size:   size,
				CRC32C: sum,
				Tag:    tag,
			})
		}
		return nil
	})
}

func (s *sending) listParts(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) error {
		got, err := u.ListParts(ctx, s.up)
		if err == nil && len(got) != len(s.parts) {
			err = fmt.Errorf("%d parts are listed, want %d", len(got), len(s.parts))
		}
		return err
	})
}

func (s *sending) complete(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) error {
		h := driver.NewHasher(files.Digest{})
		h.Write([]byte(uploadedText))
		s.up.Digest = h.Sum()
		_, err := u.CompleteUpload(ctx, s.up, s.parts)
		return err
	})
}

func (s *sending) find(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) error {
		_, found, err := u.FindUpload(ctx, s.up)
		if err == nil && found {
			err = errors.New("an upload that isn't complete was found")
		}
		return err
	})
}

func (s *sending) abort(ctx context.Context) error {
	return s.step(ctx, func(ctx context.Context, u *driver.Uploader) error {
		return u.AbortUpload(ctx, uploadedName, s.up.ID)
	})
}

// unfinished lists the uploads, of which there must be one.
func (s *sending) unfinished(ctx context.Context) error {
	n := 0
	for u, err := range driver.UnfinishedUploads(ctx, s.b, "", "") {
		if err != nil {
			return err
		}
		if n++; u.Name != uploadedName {
			return fmt.Errorf("there is an upload of %q", u.Name)
		}
	}
	if n != 1 {
		return fmt.Errorf("there are %d uploads, want one", n)
	}
	return nil
}

// TestUploadFaultAtEveryOperation: if any one operation fails once, the step of an upload
// in parts returns the cause and can be made again, or it succeeds. The file is stored
// whole or not at all, and nothing is left open.
func TestUploadFaultAtEveryOperation(t *testing.T) {
	type step = func(*sending, context.Context) error
	for _, c := range []struct {
		what  string
		first []step
		step  step
	}{
		{"begin", nil, (*sending).begin},
		{"send", []step{(*sending).begin}, (*sending).send},
		{"list parts", []step{(*sending).begin, (*sending).send}, (*sending).listParts},
		{"find", []step{(*sending).begin, (*sending).send}, (*sending).find},
		{"complete", []step{(*sending).begin, (*sending).send}, (*sending).complete},
		{"list", []step{(*sending).begin, (*sending).send}, (*sending).unfinished},
		{"abort", []step{(*sending).begin, (*sending).send}, (*sending).abort},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			failed, all := 0, uploadPlaces(t, c.first, c.step)
			for n := 1; ; n++ {
				hit, refused := uploadFails(t, c.what, c.first, c.step, n)
				if refused {
					failed++
				} else if hit && n <= len(all) && !all[n-1].ignored() {
					t.Errorf("success in spite of EIO at %s in %s, want the error", all[n-1].op,
						all[n-1].caller)
				}
				if !hit || t.Failed() {
					break
				}
			}
			if failed == 0 {
				t.Error("no fault made the step fail")
			}
		})
	}
}

// uploadPlaces returns the operations of a step.
func uploadPlaces(
	t *testing.T, first []func(*sending, context.Context) error,
	step func(*sending, context.Context) error,
) []place {
	t.Helper()
	var at places
	b, err := openOver(injectedFolder(t), nil, crashfs.Wrap(crashfs.Unsynced(), at.hook))
	check(t, err)
	defer b.Close()
	s := &sending{b: b}
	for _, f := range first {
		check(t, f(s, t.Context()))
	}
	at.chosen()
	check(t, step(s, t.Context()))
	return at.all
}

// uploadFails makes a step whose n-th operation fails. It reports whether there was such
// an operation, and whether the step failed.
func uploadFails(t *testing.T, what string, first []func(*sending, context.Context) error,
	step func(*sending, context.Context) error, n int) (hit, refused bool) {
	ctx := t.Context()
	var faulter crashfs.Faulter
	sys := crashfs.Wrap(crashfs.Unsynced(), faulter.Hook)
	b, err := openOver(injectedFolder(t), nil, sys)
	check(t, err)
	defer b.Close()
	s := &sending{b: b}
	for _, f := range first {
		check(t, f(s, ctx))
	}
	faulter.FailAt(n, syscall.EIO)
	failure := step(s, ctx)
	count, kind := faulter.Count()
	hit = count >= n
	faulter.Set(nil)
	if failure != nil && (!hit || !errors.Is(failure, syscall.EIO)) {
		t.Errorf("%v at operation %d: %v, want success or EIO", kind, n, failure)
	}
	text, err := files.ReadString(ctx, b, uploadedName, nil)
	stored := err == nil
	switch {
	case stored && text != uploadedText, !stored && !errors.Is(err, files.ErrNotExist):
		t.Errorf("%v at operation %d: the file is %q, %v", kind, n, text, err)
	case stored && what != "complete":
		t.Errorf("%v at operation %d: the file is stored before its upload is complete", kind, n)
	case what == "complete" && !stored && failure == nil:
		t.Errorf("%v at operation %d: success, and no file is stored", kind, n)
	case stored && failure != nil && !errors.Is(failure, files.ErrUncertain):
		t.Errorf("%v at operation %d: stored, and yet %v", kind, n, failure)
	}
	if failure != nil && !stored {
		if err := step(s, ctx); err != nil {
			t.Errorf("%v at operation %d: once more: %v", kind, n, err)
		}
	}
	if !stored && what != "complete" && what != "abort" {
		finish(t, s, fmt.Sprintf("%v at operation %d", kind, n))
	}
	check(t, s.abort(ctx))
	check(t, b.Close())
	if open := sys.Open(); open != 0 {
		t.Errorf("%v at operation %d (%v): %d descriptors are open after Close, want 0", kind, n,
			failure, open)
	}
	return hit, failure != nil
}

// finish sends the rest of an upload and completes it. The file is then whole.
func finish(t *testing.T, s *sending, after string) {
	t.Helper()
	ctx := t.Context()
	if err := errors.Join(s.send(ctx), s.listParts(ctx), s.complete(ctx)); err != nil {
		t.Errorf("after %s, the upload can't be completed: %v", after, err)
	}
	text, err := files.ReadString(ctx, s.b, uploadedName, nil)
	if text != uploadedText || err != nil {
		t.Errorf("after %s, the file is %q, %v, want %q and nil", after, text, err, uploadedText)
	}
}
