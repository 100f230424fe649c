package compress_test

import (
	"bytes"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
)

// FuzzOpen: any file below, with a mark or without, is an error or has content of the
// size that Stat returns.
func FuzzOpen(f *testing.F) {
	below := mem.New(nil)
	put(f, open(f, below, nil), "a", text(300), nil)
	c, a := stored(f, below, "a")
	f.Add(c, a.Metadata[compress.MarkKey], true, int64(3), int64(9))
	f.Add(c[:len(c)-1], "zstd-300", true, int64(3), int64(9))
	f.Add(c, "", true, int64(0), int64(900))
	f.Add(append(bytes.Clone(c), c...), "", true, int64(290), int64(20))
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7}, "", true, int64(0), int64(1))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x20, 0xff, 1, 0, 0}, "zstd-255", true, int64(0), int64(1))
	f.Add([]byte("plain"), "plain-5", false, int64(0), int64(1))
	f.Add([]byte("plain"), "plain--5-", false, int64(0), int64(1))
	f.Add([]byte{}, "zstd-0", true, int64(0), int64(1))
	f.Fuzz(func(t *testing.T, c []byte, mark string, zstd bool, off, n int64) {
		var o files.PutOptions
		if zstd {
			o.ContentEncoding = "zstd"
		}
		if mark != "" {
			o.Metadata = map[string]string{compress.MarkKey: mark}
		}
		below := mem.New(nil)
		if _, err := files.PutBytes(t.Context(), below, "a", c, &o); err != nil {
			t.Skip(err)
		}
		b := open(t, below, &compress.Options{MaxUnmarked: 1 << 20})
		info, serr := b.Stat(t.Context(), "a", nil)
		whole, werr := part(b, "a", files.Range{})
		for _, err := range []error{serr, werr} {
			if kind := files.KindOf(err); err != nil && kind != files.ErrCorrupt &&
				kind != files.ErrTooLarge {
				t.Errorf("reading = %v, want ErrCorrupt or ErrTooLarge", err)
			}
		}
		if werr != nil {
			return
		}
		if serr != nil || info.Size != int64(len(whole)) {
			t.Fatalf("Stat has %d, %v, and Get %d", info.Size, serr, len(whole))
		}
		r := files.Bytes(max(off, 0), max(n, 0))
		got, err := part(b, "a", r)
		at, count := r.Resolve(info.Size)
		if err != nil || !bytes.Equal(got, whole[at:at+count]) {
			t.Errorf("%v: %d bytes, %v", r, len(got), err)
		}
	})
}
