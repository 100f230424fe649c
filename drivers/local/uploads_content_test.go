//go:build unix

package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/transfer"
)

// TestLargeFileIsWrittenOnce: a large file that is copied to a folder is written to the
// disk once, with its attributes, over an old file or not, and also if the copy is
// interrupted and continued.
func TestLargeFileIsWrittenOnce(t *testing.T) {
	const size = 8 << 20
	text := strings.Repeat("0123456789abcdef", size/16)
	attrs := files.Attributes{
		ContentType:  "text/x-large",
		CacheControl: "no-cache",
		Metadata:     map[string]string{"k": "v"},
	}
	src := mem.New(nil)
	putIn(t, src, "large", text, &files.PutOptions{Attributes: attrs})
	for _, c := range []struct{ old, interrupted, synced bool }{
		{false, false, false},
		{true, false, true},
		{false, true, true},
		{true, true, false},
	} {
		var written atomic.Int64
		dir := memdir.New(t)
		needAttributes(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		dst, err := openOver(dir, &Options{NoSync: !c.synced},
			crashfs.Wrap(fsys.OS(), countWrites(&written, size/2, cancel)))
		ok(t, err)
		if c.old {
			putIn(t, dst, "large", "old", nil)
		}
		opts := &transfer.Options{ResumeSize: 1 << 20, Compare: transfer.BySize}
		if c.interrupted {
			plan, err := transfer.Copy(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src}, opts)
			ok(t, err)
			if _, err = plan.Apply(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("%+v: the interrupted copy: %v", c, err)
			}
		}
		plan, err := transfer.Copy(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src}, opts)
		ok(t, err)
		res, err := plan.Apply(t.Context())
		if err != nil || res.Copied != 1 || c.interrupted && res.Resumed < size/3 {
			t.Errorf("%+v: Apply = %+v, %v, want one file copied", c, res, err)
		}
		most := int64(size + 64<<10)
		if c.interrupted {
			most += size / 10
		}
		if n := written.Load(); n < size || n > most {
			t.Errorf("%+v: %d bytes were written of a file of %d, want at most %d", c, n, size,
				most)
		}
		got, info := fetch(t, dst, "large")
		if got != text || info.Metadata["k"] != "v" || info.ContentType != attrs.ContentType ||
			info.CacheControl != attrs.CacheControl {
			t.Errorf("%+v: the file has %d bytes and the attributes %+v", c, len(got),
				info.Attributes)
		}
		if left, err := filepath.Glob(filepath.Join(dir, controlDir, "u-*")); err != nil ||
			len(left) > 0 {
			t.Errorf("%+v: %q is left, %v", c, left, err)
		}
		ok(t, dst.Close())
	}
}

// countWrites is a hook that counts the bytes that are written, and calls half once there are
// as many as that.
func countWrites(n *atomic.Int64, most int64, half func()) crashfs.Hook {
	return func(op *crashfs.Op, do func() error) error {
		if op.Kind == crashfs.Write && n.Add(int64(len(op.Data))) >= most {
			half()
		}
		return do()
	}
}

// placed fails the test unless the upload's parts are in its content file, or not, as
// they must be.
func placed(t *testing.T, parts []driver.UploadedPart, want ...bool) {
	t.Helper()
	got := make([]bool, len(parts))
	for i, p := range parts {
		got[i] = inPlace(p.Tag)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("the parts in the content file are %v, want %v", got, want)
	}
}

// TestPartBesideTheContent: a part whose place another process writes to, or has written
// to with another content, is a file of its own. The completion puts it in its place.
func TestPartBesideTheContent(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	needAttributes(t, dir)
	u := uploading(t, b, "f", "abcd")
	u.Size = 10
	sendPart(t, b, u, 1, "abcd")
	other := sendPart(t, b, u, 1, "ABCD")
	d, err := b.openUpload(u.Name, u.ID)
	ok(t, err)
	defer d.Close()
	writer, err := d.OpenLock(locksName)
	ok(t, err)
	ok(t, writer.TryLock(2))
	sendPart(t, b, u, 2, "efgh")
	sendPart(t, b, u, 3, "ij")
	list := sentParts(t, b, u)
	placed(t, list, true, false, false, true)
	if list[1].Tag != other {
		t.Errorf("the parts are %+v, want the one that came later as the second", list)
	}
	for _, c := range []struct {
		want    string
		parts   []driver.UploadedPart
		writing bool
	}{
		{"abcdefghij", []driver.UploadedPart{list[0], list[2], list[3]}, true},
		{"ABCDefghij", list[1:], false},
	} {
		if !c.writing {
			ok(t, writer.Close())
		}
		keep := filepath.Join(t.TempDir(), "upload")
		ok(t, os.CopyFS(keep, os.DirFS(uploadDir(dir, u))))
		content, err := d.Lstat(contentName)
		ok(t, err)
		if _, err := b.CompleteUpload(t.Context(), u, c.parts); err != nil {
			t.Fatal(err)
		}
		if s, _ := fetch(t, bucket, "f"); s != c.want {
			t.Errorf("the file is %q, want %q", s, c.want)
		}
		st, err := b.root.Lstat("f")
		if err != nil || st.SameFile(content) == c.writing {
			t.Errorf("another process writes: %v; the file is the content file: %v, %v, want %v "+
				"and nil", c.writing, st.SameFile(content), err, !c.writing)
		}
		if c.writing { // again, from the same parts
			ok(t, os.CopyFS(uploadDir(dir, u), os.DirFS(keep)))
			stamp(t, b, u)
			d.Close()
			d, err = b.openUpload(u.Name, u.ID)
			ok(t, err)
		}
	}
}

// stamp gives the content file of an upload its record.
func stamp(t *testing.T, b *backend, u *driver.Upload) {
	t.Helper()
	d, err := b.openUpload(u.Name, u.ID)
	ok(t, err)
	defer d.Close()
	f, err := d.OpenLock(contentName)
	ok(t, err)
	defer f.Close()
	rec := record{token: tokenOf(u.ID)}
	ok(t, f.Setxattr(recordAttr, rec.encode(nil)))
}

// TestReplacedFileIsNotWritten: if a process is killed while its commit exchanges the
// content file and the old file, the old one has the name of the content file. It may
// have other names and readers, so no part is written to it, and none is found in it.
func TestReplacedFileIsNotWritten(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	needAttributes(t, dir)
	putIn(t, bucket, "f", "the old file", nil)
	u := uploading(t, b, "f", "abcd", "efgh")
	placed(t, sentParts(t, b, u), true, true)
	link := filepath.Join(dir, "link")
	ok(t, os.Link(filepath.Join(dir, "f"), link))
	ok(t, os.Rename(filepath.Join(dir, "f"), filepath.Join(uploadDir(dir, u), contentName)))
	putIn(t, bucket, "f", "put meanwhile", nil)
	if list := sentParts(t, b, u); len(list) != 0 {
		t.Errorf("the parts are %+v, want none", list)
	}
	sendPart(t, b, u, 1, "abcd")
	sendPart(t, b, u, 2, "efgh")
	list := sentParts(t, b, u)
	placed(t, list, false, false)
	if _, err := b.CompleteUpload(t.Context(), u, list); err != nil {
		t.Errorf("CompleteUpload = %v, want nil", err)
	}
	if s, _ := fetch(t, bucket, "f"); s != "abcdefgh" {
		t.Errorf("the file is %q, want the parts", s)
	}
	if old, err := os.ReadFile(link); err != nil || string(old) != "the old file" {
		t.Errorf("the old file is %q, %v, want %q and nil", old, err, "the old file")
	}
}

// TestReaderKeepsTheReplacedFile: a reader of the old file reads it to its end, although
// a content file replaces it.
func TestReaderKeepsTheReplacedFile(t *testing.T) {
	b, bucket, _ := uploadsIn(t, &hookFS{})
	putIn(t, bucket, "f", "the old file", nil)
	r, err := bucket.Get(t.Context(), "f", nil)
	ok(t, err)
	defer r.Close()
	u := uploading(t, b, "f", "abcd", "efgh")
	if _, err := b.CompleteUpload(t.Context(), u, sentParts(t, b, u)); err != nil {
		t.Fatal(err)
	}
	if old, err := io.ReadAll(r); err != nil || string(old) != "the old file" {
		t.Errorf("the reader got %q, %v", old, err)
	}
}

// TestContentFileGetsTheMode: the file that was a content file has the mode of the file
// that it replaces, or that of a new file, also after a completion that failed.
func TestContentFileGetsTheMode(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	path := filepath.Join(dir, "f")
	putIn(t, bucket, "new", "new", nil)
	fresh, err := os.Stat(filepath.Join(dir, "new"))
	ok(t, err)
	mode := func(what string, want os.FileMode) {
		t.Helper()
		if st, err := os.Stat(path); err != nil || st.Mode() != want {
			t.Errorf("%s: %v, %v, want mode %v", what, st, err, want)
		}
	}
	done := func(u *driver.Upload) {
		t.Helper()
		if _, err := b.CompleteUpload(t.Context(), u, sentParts(t, b, u)); err != nil {
			t.Fatal(err)
		}
	}
	done(uploading(t, b, "f", "abcd"))
	mode("a new file", fresh.Mode())
	ok(t, os.Chmod(path, 0o640))
	done(uploading(t, b, "f", "efgh"))
	mode("over a file", 0o640)
	u := uploading(t, b, "f", "ijkl")
	u.If = files.IfVersion("1-1")
	if _, err := b.CompleteUpload(t.Context(), u, sentParts(t, b, u)); !errors.Is(err,
		files.ErrPrecondition) {
		t.Fatalf("CompleteUpload = %v, want ErrPrecondition", err)
	}
	del(t, bucket, "f")
	u.If = files.Condition{}
	done(u)
	mode("a new file, after a completion over another one", fresh.Mode())
}

// TestDamagedPartsAreSentTogether: all parts that a power failure has damaged are removed
// by one completion, so that they are sent again at once.
func TestDamagedPartsAreSentTogether(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	needAttributes(t, dir)
	u := uploading(t, b, "f", "abcd", "efgh", "ijkl", "mnop", "qr")
	list := sentParts(t, b, u)
	content := filepath.Join(uploadDir(dir, u), contentName)
	ok(t, os.WriteFile(content, []byte("abcd\x00\x00\x00\x00ijkl\x00\x00\x00\x00qr"), 0o666))
	if _, err := b.CompleteUpload(t.Context(), u, list); err != driver.ErrUploadGone {
		t.Errorf("CompleteUpload = %v, want ErrUploadGone", err)
	}
	want := []driver.UploadedPart{list[0], list[2], list[4]}
	if now := sentParts(t, b, u); !slices.Equal(now, want) {
		t.Errorf("the parts are %+v, want %+v", now, want)
	}
	sendPart(t, b, u, 2, "efgh")
	sendPart(t, b, u, 4, "mnop")
	if _, err := b.CompleteUpload(t.Context(), u, list); err != nil {
		t.Errorf("CompleteUpload = %v, want nil", err)
	}
	if s, _ := fetch(t, bucket, "f"); s != "abcdefghijklmnopqr" {
		t.Errorf("the file is %q, want the parts", s)
	}
}

// TestPartsAtOnceInTwoHandles: two handles send the parts of one upload at the same time,
// each with its own content, and complete it. The file has the parts that one of them
// named.
func TestPartsAtOnceInTwoHandles(t *testing.T) {
	for round := range 30 {
		b, bucket, dir := uploadsIn(t, &hookFS{})
		second := openBucket(t, dir, &Options{NoSync: true})
		u := uploading(t, b, "f")
		const parts = 6
		u.Size = 4 * parts
		results := make(chan error, 2)
		for i, handle := range []*backend{b, driver.Unwrap(second).(*backend)} {
			go func() {
				own := *u
				own.Digest = files.Digest{}
				list := make([]driver.UploadedPart, parts)
				for n := 1; n <= parts; n++ {
					text := strings.Repeat(string(rune('a'+i)), 4)
					part := newPart(n, text)
					tag, err := handle.PutPart(context.Background(), &own, part)
					if err != nil {
						results <- err
						return
					}
					list[n-1] = driver.UploadedPart{
						Number: n,
						Size:   4,
						CRC32C: part.CRC32C,
						Tag:    tag,
					}
				}
				_, err := handle.CompleteUpload(context.Background(), &own, list)
				results <- err
			}()
		}
		stored := 0
		for range 2 {
			switch err := <-results; {
			case err == nil:
				stored++
			case !errors.Is(err, files.ErrUnavailable):
				t.Errorf("round %d: %v, want success or ErrUploadGone", round, err)
			}
		}
		text, _ := fetch(t, bucket, "f")
		if stored == 0 || text != strings.Repeat("a", 24) && text != strings.Repeat("b", 24) {
			t.Errorf("round %d: %d handles succeeded, and the file is %q", round, stored, text)
		}
	}
}

// TestUploadSizeListed: the size that a listing of uploads has is that of the parts.
func TestUploadSizeListed(t *testing.T) {
	b, _, _ := uploadsIn(t, &hookFS{})
	u := uploading(t, b, "f", "abcd")
	sendPart(t, b, u, 3, "ij")
	sendPart(t, b, u, 3, "xyz")
	if got := uploadsListed(t, b, "")["f"]; got.Size != 4+2+3 {
		t.Errorf("the upload is %+v, want 9 bytes", got)
	}
}
