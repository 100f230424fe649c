package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// TestUploadResumed: if a step of an upload fails, before or after it is done, the token
// continues with what the service has. A completed upload is found by its mark.
func TestUploadResumed(t *testing.T) {
	t.Parallel()
	b, direct, _ := proxied(t, parallelParams)
	put := &files.PutOptions{Attributes: files.Attributes{
		CacheControl: "no-cache",
		Metadata:     map[string]string{"k": "v"},
	}}
	const complete = 6 // after the preparation, the beginning and three parts
	for _, c := range []struct {
		at    int64
		after bool
	}{{3, false}, {4, true}, {complete, false}, {complete, true}} {
		what := fmt.Sprintf("step %d, after %t", c.at, c.after)
		if err := direct.Delete(t.Context(), "dir/f", nil); err != nil {
			t.Fatal(err)
		}
		var n atomic.Int64
		cut := files.Wrap(b, files.Hooks{Uploads: true, Around: func(ctx context.Context,
			_ *files.Call, next func(context.Context) error) error {
			switch i := n.Add(1); {
			case i < c.at:
				return next(ctx)
			case i == c.at && c.after:
				next(ctx)
			}
			return driver.Errorf(files.ErrUnavailable, "the line broke")
		}})
		token, sent, found := "", 0, false
		opts := &resume.UploadOptions{
			Put:         put,
			PartSize:    5 * mib,
			Concurrency: 1,
			Save:        func(s string) error { token = s; return nil },
			Event: func(e resume.UploadEvent) {
				if e.Kind == resume.UploadSent {
					sent++
				}
				found = found || e.Kind == resume.UploadFound
			},
		}
		upload := func(b files.Bucket) (files.Info, error) {
			return resume.Upload(t.Context(), b, "dir/f", bytes.NewReader(manyParts),
				int64(len(manyParts)), opts)
		}
		if _, err := upload(cut); !errors.Is(err, files.ErrUnavailable) || token == "" {
			t.Fatalf("%s: the cut upload: %v, token %q, want ErrUnavailable and a token",
				what, err, token)
		}
		done := c.after && c.at == complete
		if ok, err := files.Exists(t.Context(), direct, "dir/f"); err != nil || ok != done {
			t.Fatalf("%s: the file exists: %t, %v", what, ok, err)
		}
		opts.Token = token
		info, err := upload(b)
		if err != nil || found != done || token != "" {
			t.Fatalf("%s: %v, found %t", what, err, found)
		}
		if most := 3 + int(min(c.at, 4)) - 3; sent > most {
			t.Errorf("%s: %d parts were sent, want at most %v", what, sent, most)
		}
		got, err := files.ReadAll(t.Context(), direct, "dir/f", nil)
		if err != nil || !bytes.Equal(got, manyParts) {
			t.Fatalf("%s: %d bytes, %v", what, len(got), err)
		}
		stat, err := direct.Stat(t.Context(), "dir/f", nil)
		if err != nil || stat.Version != info.Version || stat.Size != info.Size ||
			info.Digest.CRC32C != stat.Digest.CRC32C ||
			fmt.Sprint(stat.Attributes) != fmt.Sprint(info.Attributes) ||
			fmt.Sprint(stat.Metadata) != "map[k:v]" {
			t.Errorf("%s: %+v, and Stat = %+v, %v", what, info, stat, err)
		}
		for u, err := range resume.Uploads(t.Context(), b, "") {
			t.Errorf("%s: %+v is left, %v", what, u, err)
		}
	}
}

// TestUploadGone: an aborted upload is no longer listed, and begins again; what the XML
// API doesn't support is a Put.
func TestUploadGone(t *testing.T) {
	t.Parallel()
	b, direct, _ := proxied(t, parallelParams)
	own := errors.New("own error")
	token, kinds := "", ""
	opts := &resume.UploadOptions{
		PartSize: 5 * mib,
		Save:     func(s string) error { token = s; return nil },
		Event:    func(e resume.UploadEvent) { kinds += string(e.Kind) + " " },
	}
	upload := func(name string) error {
		_, err := resume.Upload(t.Context(), b, name, bytes.NewReader(manyParts),
			int64(len(manyParts)), opts)
		return err
	}
	for _, name := range []string{"a/ü +", "a/b", "c"} {
		opts.Put = &files.PutOptions{}
		opts.Save = func(s string) error {
			token = s
			if strings.Contains(s, "parts") {
				return own
			}
			return nil
		}
		if err := upload(name); !errors.Is(err, own) {
			t.Fatal(err)
		}
	}
	var names []string
	if n, err := resume.AbortStale(t.Context(), b, &resume.StaleOptions{
		Age: 1,
		Each: func(u resume.Unfinished, err error) {
			names = append(names, u.Name)
			if err != nil || u.Time.IsZero() {
				t.Errorf("%+v, %v, want Time anything but zero and nil", u, err)
			}
		},
	}); n != 3 || err != nil || strings.Join(names, "|") != "a/b|a/ü +|c" {
		t.Fatalf("AbortStale removed %d uploads, %v: %q", n, err, names)
	}
	for u, err := range resume.Uploads(t.Context(), b, "") {
		t.Errorf("%+v is left, %v", u, err)
	}
	opts.Save, opts.Token, kinds = nil, token, ""
	if err := upload("c"); err != nil || !strings.Contains(kinds, string(resume.UploadBegunAnew)) {
		t.Errorf("upload(c) = %v: %s, want nil and a text with %q", err, kinds,
			string(resume.UploadBegunAnew))
	}
	opts.Token, kinds = "", ""
	opts.Put = &files.PutOptions{If: files.IfAbsent()}
	if err := upload("d"); err != nil || !strings.HasPrefix(kinds, string(resume.UploadPlain)) {
		t.Errorf("with a condition: %v: %s, want nil and a text that begins with %q", err, kinds,
			string(resume.UploadPlain))
	}
	if err := upload("d"); !errors.Is(err, files.ErrExist) {
		t.Errorf("with a condition: %v, want ErrExist", err)
	}
	if got, err := files.ReadAll(t.Context(), direct, "c", nil); err != nil ||
		!bytes.Equal(got, manyParts) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
