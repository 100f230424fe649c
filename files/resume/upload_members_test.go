package resume_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/mirror"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/resume"
)

// countedMember is memory that counts its Puts, and whose Puts fail while fails is set.
type countedMember struct {
	files.Bucket
	mu        sync.Mutex
	puts      int
	rewinding int // Puts of known size whose content can seek
	uploads   int // steps of uploads in parts
	fails     error
}

func newCountedMember() *countedMember {
	c := &countedMember{}
	c.Bucket = files.Wrap(mem.New(nil), files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			c.mu.Lock()
			err := error(nil)
			switch call.Op {
			case files.OpUpload:
				c.uploads++
			case files.OpPut:
				c.puts++
				if _, ok := call.Content.(io.Seeker); ok && call.Put.Size != nil {
					c.rewinding++
				}
				err = c.fails
			}
			c.mu.Unlock()
			if err != nil {
				io.CopyN(io.Discard, call.Content, 2*part)
				return err
			}
			return next(ctx)
		},
	})
	return c
}

func (c *countedMember) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fails = err
}

// TestUploadToMembers: through an overlay and a mirror, an upload is one Put of known
// size, which leaves no token and no parts. It keeps the rules of Put, and after a
// failure it can be repeated from its beginning.
func TestUploadToMembers(t *testing.T) {
	p := content(12, 6*part)
	for what, make := range map[string]func(first, second files.Bucket) (files.Bucket, error){
		"overlay": func(first, second files.Bucket) (files.Bucket, error) {
			return overlay.New([]files.Bucket{first, second}, &overlay.Options{Whiteouts: true})
		},
		"mirror": func(first, second files.Bucket) (files.Bucket, error) {
			return mirror.New(first, second)
		},
	} {
		t.Run(what, func(t *testing.T) {
			first, second := newCountedMember(), newCountedMember()
			b, err := make(first.Bucket, second.Bucket)
			if err != nil {
				t.Fatal(err)
			}
			tokenFile := filepath.Join(t.TempDir(), "token")
			first.fail(driver.Errorf(files.ErrUnavailable, "the line broke"))
			_, err = upload(t, b, p, uploading(tokenFile))
			if files.KindOf(err) != files.ErrUnavailable {
				t.Errorf("Upload to a first member that fails = %v, want ErrUnavailable", err)
			}
			first.fail(nil)
			if ok, err := files.Exists(t.Context(), b, "dir/f"); ok || err != nil {
				t.Errorf("after a failure the file exists: %v, %v", ok, err)
			}
			first.puts, first.rewinding = 0, 0
			s := uploading(tokenFile)
			s.opts.Put = &files.PutOptions{If: files.IfAbsent()}
			info, err := upload(t, b, p, s)
			if err != nil || info.Size != int64(len(p)) || len(s.kinds) != 1 ||
				!s.has(resume.UploadPlain) || s.sent != 0 {
				t.Errorf("Upload = %+v, %v, with the events %v, want one Put", info, err, s.kinds)
			}
			wantStored(t, b, "dir/f", p)
			wantStored(t, first.Bucket, "dir/f", p)
			if first.puts != 1 || first.rewinding != 1 {
				t.Errorf("the first member got %d Puts, %d can be rewound, want one", first.puts,
					first.rewinding)
			}
			if what == "mirror" {
				wantStored(t, second.Bucket, "dir/f", p)
			} else if second.puts != 0 {
				t.Errorf("the lower member got %d Puts", second.puts)
			}
			if _, err := os.Stat(tokenFile); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a token is left: %v", err)
			}
			for _, err := range resume.Uploads(t.Context(), b, "") {
				if !errors.Is(err, files.ErrUnsupported) {
					t.Errorf("Uploads yields %v, want ErrUnsupported", err)
				}
			}
			_, err = upload(t, b, p, s)
			if !errors.Is(err, files.ErrExist) {
				t.Errorf("Upload of a file that exists = %v, want ErrExist", err)
			}
			s = uploading("")
			s.opts.Put = &files.PutOptions{Digest: files.Digest{MD5: strings.Repeat("0", 32)}}
			_, err = upload(t, b, content(13, 6*part), s)
			if files.KindOf(err) != files.ErrCorrupt {
				t.Errorf("Upload with a wrong digest = %v, want ErrCorrupt", err)
			}
			wantStored(t, b, "dir/f", p)

			// A token of the first member is refused, and that upload is kept.
			interrupted(t, first.Bucket, p, uploading(tokenFile))
			text, err := os.ReadFile(tokenFile)
			if err != nil {
				t.Fatal(err)
			}
			s = uploading("")
			s.opts.Token = string(text)
			if _, err = upload(t, b, p, s); !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("Upload with a token = %v, want ErrUnsupported", err)
			}
			if left := unfinished(t, first.Bucket); len(left) != 1 {
				t.Errorf("the first member has the unfinished uploads %+v, want one", left)
			}
			if second.uploads != 0 {
				t.Errorf("%d steps of an upload reached the second member", second.uploads)
			}
		})
	}
}

// TestUploadToMirrorRepeated: if the second member fails, the same Upload again makes
// both equal.
func TestUploadToMirrorRepeated(t *testing.T) {
	p := content(14, 6*part)
	first, second := newCountedMember(), newCountedMember()
	b, err := mirror.New(first.Bucket, second.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	second.fail(driver.Errorf(files.ErrUnavailable, "the line broke"))
	_, err = upload(t, b, p, uploading(""))
	if failed, ok := errors.AsType[*mirror.MemberError](err); !ok || failed.Member != 1 {
		t.Errorf("Upload to a second member that fails = %v, want its MemberError", err)
	}
	second.fail(nil)
	if _, err = upload(t, b, p, uploading("")); err != nil {
		t.Error(err)
	}
	for d, err := range mirror.Diff(t.Context(), first.Bucket, second.Bucket) {
		t.Errorf("Diff yields %v, %v, want nothing", d, err)
	}
	wantStored(t, second.Bucket, "dir/f", p)
}
