//go:build linux && !osroot

package fsys

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ReadDir parses the records of getdents64: inode (8 bytes), offset (8), length of the
// record (2), type (1), name.
func (d *dir) ReadDir(buf []byte, each func(name []byte, t Type)) (bool, error) {
	n, err := retry(func() (int, error) { return unix.Getdents(d.fd, buf) })
	if err != nil || n <= 0 {
		return false, err
	}
	const header = 19
	for rest := buf[:n]; len(rest) > header; {
		d.last, d.next = d.next, int64(binary.NativeEndian.Uint64(rest[8:]))
		size := int(binary.NativeEndian.Uint16(rest[16:]))
		if size <= header || size > len(rest) {
			return false, unix.EIO
		}
		name := rest[header:size]
		if i := bytes.IndexByte(name, 0); i >= 0 {
			name = name[:i]
		}
		t := Other
		switch rest[18] {
		case unix.DT_REG:
			t = Regular
		case unix.DT_DIR:
			t = Directory
		case unix.DT_UNKNOWN:
			t = Unknown
		}
		rest = rest[size:]
		if string(name) != "." && string(name) != ".." {
			each(name, t)
		}
	}
	return true, nil
}

// Rewind seeks. Some file systems find new entries at the end only after a seek.
func (d *dir) Rewind(tail bool) error {
	if !tail {
		d.last = 0
	}
	_, err := unix.Seek(d.fd, d.last, unix.SEEK_SET)
	d.next = d.last
	return err
}
