package local

import (
	"fmt"
	"io"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// partsReader reads parts one after the other. It removes a part that is damaged.
type partsReader struct {
	d    fsys.Dir
	left []driver.UploadedPart
	// content is the content file, or nil. If inPlace is set, it is to have all parts:
	// those that are files of their own are written to it when they are read.
	content fsys.File
	inPlace bool

	reading bool
	f       fsys.File // of the part that is read, unless that is in the content file
	sum     *driver.Hasher
	off, n  int64 // where the part begins, and how much of it was read
	lost    bool
}

func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if !r.reading {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			if err := r.open(); err != nil {
				return 0, err
			}
		}
		n, err := r.next(p)
		r.sum.Write(p[:n])
		r.n += int64(n)
		if err == io.EOF || err == nil && n == 0 {
			if err = r.end(); err != nil {
				return 0, err
			}
			if n == 0 {
				continue
			}
		}
		return n, mapError(err)
	}
}

// open opens the next part.
func (r *partsReader) open() error {
	part := r.left[0]
	if inPlace(part.Tag) {
		if r.content == nil {
			return r.end()
		}
	} else {
		f, _, err := r.d.OpenFile(part.Tag + sidecarExt)
		if missing(err) {
			r.lost = true
			return driver.ErrUploadGone
		}
		if err != nil {
			return mapError(err)
		}
		r.f = f
	}
	r.reading, r.sum, r.n = true, driver.NewHasher(files.Digest{}), 0
	return nil
}

// next reads a piece of the part.
func (r *partsReader) next(p []byte) (int, error) {
	rest := r.left[0].Size - r.n
	if r.f == nil {
		return r.content.ReadAt(p[:min(int64(len(p)), rest)], r.off+r.n)
	}
	n, err := r.f.Read(p)
	if n == 0 || !r.inPlace || int64(n) > rest { // end finds that it is too long
		return n, err
	}
	if werr := r.content.MoveTo(r.off + r.n); werr != nil {
		return 0, werr
	}
	if _, werr := r.content.Write(p[:n]); werr != nil {
		return 0, werr
	}
	return n, err
}

// end checks the part that was read.
func (r *partsReader) end() error {
	part := r.left[0]
	whole := r.reading && r.n == part.Size &&
		r.sum.Sum().CRC32C == fmt.Sprintf("%08x", part.CRC32C)
	r.close()
	if whole {
		r.left, r.off = r.left[1:], r.off+part.Size
		return nil
	}
	if inPlace(part.Tag) {
		r.d.Unlink(markName(part.Number))
	} else {
		r.d.Unlink(part.Tag + sidecarExt)
	}
	r.lost = true
	return driver.ErrUploadGone
}

// close ends the reading of a part.
func (r *partsReader) close() {
	if r.f != nil {
		r.f.Close()
	}
	r.reading, r.f = false, nil
}
