package compress_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
	"github.com/klauspost/compress/zstd"
)

// TestDamageIsCorrupt: a file that was cut or changed anywhere is ErrCorrupt.
func TestDamageIsCorrupt(t *testing.T) {
	for _, n := range []int{3000, compress.Tried + 5000} {
		below := mem.New(nil)
		b := open(t, below, nil)
		put(t, b, "a", text(n), nil)
		whole, a := stored(t, below, "a")
		if a.ContentEncoding != "zstd" {
			t.Fatal("the test's content is not compressed")
		}
		damaged := map[string][]byte{
			"emptied":        {},
			"another frame":  append(slices.Clone(whole), packed(t, []byte("x"))...),
			"a frame alone":  packed(t, text(n/2)),
			"longer by one":  append(slices.Clone(whole), 0),
			"other content":  packed(t, random(n)),
			"plain, shorter": text(n - 1),
		}
		step := max(len(whole)/97, 1)
		for k := 0; k < len(whole); k += step {
			damaged[fmt.Sprint("cut to ", k)] = whole[:k]
			flipped := slices.Clone(whole)
			flipped[k] ^= 0x10
			damaged[fmt.Sprint("changed at ", k)] = flipped
		}
		for k := len(whole) - 9; k < len(whole); k++ {
			damaged[fmt.Sprint("cut to ", k)] = whole[:k]
		}
		for what, c := range damaged {
			put(t, below, "a", c, &files.PutOptions{Attributes: a})
			for _, r := range []files.Range{{}, files.Last(10), files.From(1)} {
				_, err := part(b, "a", r)
				kind := files.KindOf(err)
				// a changed header may claim anything
				window := kind == files.ErrTooLarge && strings.HasPrefix(what, "changed")
				if what == "other content" && (!r.IsWhole() || n > compress.Tried) {
					continue // it is a whole file of this size, and no CRC-32C is recorded
				}
				if kind != files.ErrCorrupt && !window {
					got, _ := part(b, "a", files.Range{})
					if err == nil && bytes.Equal(got, text(n)) {
						continue // a bit of the header that changes nothing
					}
					t.Errorf("%d bytes, %s, %v: %v", n, what, r, err)
				}
			}
		}
		// A file that was cut to nothing is not an empty file.
		put(t, below, "a", nil, &files.PutOptions{Attributes: a})
		if i, err := b.Stat(t.Context(), "a", nil); err != nil || i.Size != int64(n) {
			t.Errorf("Stat of a file that was cut to nothing = %+v, %v", i, err)
		}
	}
	below := mem.New(nil)
	b := open(t, below, nil)
	for _, c := range [][]byte{random(3000), random(compress.Tried + 5)} { // stored as it is
		put(t, b, "a", c, nil)
		whole, a := stored(t, below, "a")
		if a.ContentEncoding != "" {
			t.Fatal("the test's content is compressed")
		}
		for _, k := range []int{0, 1, len(whole) - 1} {
			put(t, below, "a", whole[:k], &files.PutOptions{Attributes: a})
			if _, err := part(b, "a", files.Range{}); files.KindOf(err) != files.ErrCorrupt {
				t.Errorf("cut to %d: %v", k, err)
			}
			if _, err := b.Stat(t.Context(), "a", nil); files.KindOf(err) != files.ErrCorrupt {
				t.Errorf("Stat of what is cut to %d: %v", k, err)
			}
		}
	}
}

// TestServiceDecodes: bytes that a service has decompressed are returned if they have
// the recorded size.
func TestServiceDecodes(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, nil)
	c := text(5000)
	put(t, b, "a", c, nil)
	whole, a := stored(t, below, "a")
	put(t, below, "a", c, &files.PutOptions{Attributes: a}) // the bytes come plain
	want(t, b, "a", c)
	changed := slices.Clone(c)
	changed[7]++
	put(t, below, "a", changed, &files.PutOptions{Attributes: a})
	if _, err := part(b, "a", files.Range{}); files.KindOf(err) != files.ErrCorrupt {
		t.Errorf("other plain bytes: %v", err)
	}
	a.ContentEncoding = "" // the header is lost, and the mark is there
	put(t, below, "a", whole, &files.PutOptions{Attributes: a})
	want(t, b, "a", c)
	put(t, b, "r", random(5000), nil)
	_, a = stored(t, below, "r")
	put(t, below, "r", whole, &files.PutOptions{Attributes: a}) // marked as plain
	if _, err := part(b, "r", files.Range{}); files.KindOf(err) != files.ErrCorrupt {
		t.Errorf("zstd that is marked as plain: %v", err)
	}
	a.Metadata[compress.MarkKey] = "zstd-x"
	put(t, below, "r", whole, &files.PutOptions{Attributes: a})
	if _, err := b.Stat(t.Context(), "r", nil); files.KindOf(err) != files.ErrCorrupt {
		t.Errorf("a damaged mark: %v", err)
	}
}

// TestHugeFrames: frames with a huge window or huge content are ErrTooLarge.
func TestHugeFrames(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, &compress.Options{MaxUnmarked: 10 << 20})
	wide := packed(t, text(300_000), zstd.WithWindowSize(128<<20))
	put(t, below, "wide", wide, asZstd)
	for what, err := range map[string]error{
		"Get": func() error { _, err := part(b, "wide", files.Range{}); return err }(),
		"Stat": func() error {
			_, err := b.Stat(t.Context(), "wide", nil)
			return err
		}(),
	} {
		if files.KindOf(err) != files.ErrTooLarge || !strings.Contains(err.Error(), "window") {
			t.Errorf("%s of a frame of 128 MiB: %v", what, err)
		}
	}
	put(t, below, "bomb", packed(t, make([]byte, 11<<20)), asZstd)
	if _, err := part(b, "bomb", files.Range{}); files.KindOf(err) != files.ErrTooLarge {
		t.Errorf("a bomb: %v", err)
	}
	put(t, below, "fits", packed(t, make([]byte, 10<<20)), asZstd)
	want(t, b, "fits", make([]byte, 10<<20))
}
