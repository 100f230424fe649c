package local

import (
	"context"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// PartSigner is a Signer that also signs the parts of uploads (package files/signing).
type PartSigner interface {
	Signer
	// SignPart signs the request that sends part number n of the upload. It makes no
	// request. Number and expiry are checked, and the default set, before the call.
	SignPart(ctx context.Context, u *driver.Upload, n int,
		expiry time.Duration) (files.SignedURL, error)
}

var _ driver.PartReceiver = (*backend)(nil)

// CanSignParts implements driver.PartSigner.
func (b *backend) CanSignParts(u *driver.Upload) error {
	if _, ok := b.opts.Signer.(PartSigner); !ok {
		return driver.Errorf(files.ErrUnsupported,
			"the bucket has no signer, or one that can't sign parts of uploads")
	}
	if b.opts.SkipMetadata {
		return driver.Errorf(files.ErrUnsupported,
			"a folder without metadata has no uploads in parts")
	}
	return b.conditional(u.If)
}

// SignPart implements driver.PartSigner. CanSignParts has found the signer.
func (b *backend) SignPart(ctx context.Context, u *driver.Upload, n int,
	expiry time.Duration) (files.SignedURL, error) {
	return b.opts.Signer.(PartSigner).SignPart(ctx, u, n, expiry)
}

// ReceivePart implements driver.PartReceiver.
func (b *backend) ReceivePart(ctx context.Context, u *driver.Upload, number int, size int64,
	content io.Reader) (tag string, err error) {
	defer runtime.KeepAlive(b)
	d, err := b.openUpload(u.Name, u.ID)
	if err != nil {
		return "", err
	}
	defer d.Close()
	in := &exactly{r: &whileLive{ctx, content}, left: size}
	name := ""
	err = writeNamed(d, in, func() string {
		name = partName(number, size, in.crc32c)
		return name
	})
	if err != nil {
		if b.uploadLost(u) {
			return "", driver.ErrUploadGone
		}
		return "", err
	}
	removeReplaced(d, number, name)
	return strings.TrimSuffix(name, sidecarExt), nil
}

// exactly reads a content that must have a certain length, and its CRC-32C.
type exactly struct {
	r      io.Reader
	left   int64
	crc32c uint32 // of what was read
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.crc32c = crc32.Update(e.crc32c, castagnoli, p[:n])
	e.left -= int64(n)
	switch {
	case e.left < 0:
		return 0, driver.Errorf(files.ErrCorrupt, "the part is longer than it should be")
	case err == io.EOF && e.left > 0:
		return 0, driver.Errorf(files.ErrCorrupt, "the part is %d bytes shorter than it should be",
			e.left)
	}
	return n, err
}

// removeReplaced removes the parts of the number that were written before the one of
// that name. Of two that arrive together each may remove the other, if the file system
// gives both the same time: then the part is missing, and is sent again.
func removeReplaced(d fsys.Dir, number int, name string) {
	own, err := d.Lstat(name)
	if err != nil {
		return
	}
	names, _ := list(d)
	for _, other := range names {
		if p, ok := parsePart(other); !ok || p.Number != number || other == name {
			continue
		}
		if st, err := d.Lstat(other); err == nil && st.ModTime <= own.ModTime {
			d.Unlink(other)
		}
	}
}
