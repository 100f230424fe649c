//go:build unix

package local

import (
	"errors"
	"io"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// If a part can't be opened or read, the reader of the parts returns the cause, and no
// part counts as lost. A part that is gone is lost. Without a fault it has all parts
// in their order (P2).
func TestReadingPartsFails(t *testing.T) {
	var faulter crashfs.Faulter
	dir := t.TempDir()
	bucket := openOdd(t, crashfs.Wrap(fsys.OS(), faulter.Hook), dir)
	needAttributes(t, dir)
	b := driver.Unwrap(bucket).(*backend)
	u := uploading(t, b, "f", "abcd")
	sendPart(t, b, u, 1, "ABCD") // another content is a file of its own
	list := sentParts(t, b, u)
	placed(t, list, true, false)
	list[1].Number = 2
	d, err := b.openUpload(u.Name, u.ID)
	ok(t, err)
	defer d.Close()
	for _, c := range []struct {
		at    crashfs.Kind
		fault error
		want  error
		lost  bool
	}{
		{crashfs.OpenRoot, nil, nil, false}, // isn't called
		{crashfs.ReadAt, syscall.EIO, syscall.EIO, false},
		{crashfs.Read, syscall.EIO, syscall.EIO, false},
		{crashfs.OpenFile, syscall.EIO, syscall.EIO, false},
		{crashfs.OpenFile, syscall.ENOENT, driver.ErrUploadGone, true},
	} {
		content, err := openContent(d, u.ID, false)
		ok(t, err)
		r := &partsReader{d: d, left: list, content: content}
		faulter.Fail(c.fault, c.at)
		text, p := "", make([]byte, 3)
		for range 20 {
			var n int
			n, err = r.Read(p)
			text += string(p[:n])
			if err != nil {
				break
			}
		}
		faulter.Set(nil)
		switch {
		case c.want == nil && (text != "abcdABCD" || err != io.EOF):
			t.Errorf("the parts are %q, %v, want %q and EOF", text, err, "abcdABCD")
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("while %v fails with %v, the reader has %q, %v, want %v", c.at, c.fault, text,
				err, c.want)
		case c.want == syscall.EIO && files.KindOf(err) != files.ErrUnavailable:
			t.Errorf("while %v fails, the error is %v, want ErrUnavailable", c.at, err)
		case r.lost != c.lost:
			t.Errorf("while %v fails with %v, a part is lost: %v, want %v", c.at, c.fault, r.lost,
				c.lost)
		}
		r.close()
		ok(t, content.Close())
	}
	if now := sentParts(t, b, u); len(now) != 2 {
		t.Errorf("afterwards the parts are %+v, want both", now)
	}
}
