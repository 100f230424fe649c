package files_test

import (
	"context"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// terse is a map backend that copies. The Info of a copy has only what S3 returns,
// unless the whole Info is requested.
type terse struct {
	*mapdriver.Backend
	asked []bool
}

func (b *terse) Features() files.Features {
	f := b.Backend.Features()
	f.ServerCopy = true
	return f
}

func (b *terse) Copy(ctx context.Context, _ driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	b.asked = append(b.asked, req.FullInfo)
	info, err := b.Backend.Stat(ctx, driver.Key{Name: req.Src})
	if !req.FullInfo {
		info.Size, info.Attributes, info.Digest = -1, files.Attributes{}, files.Digest{}
	}
	return info, err
}

// TestMoveInfo: Move has the source's Info already, so it doesn't request the Info of
// the copy.
func TestMoveInfo(t *testing.T) {
	backend := &terse{Backend: mapdriver.New()}
	b := driver.New(backend)
	want, err := b.Put(t.Context(), "a.txt", strings.NewReader("text"), nil)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := files.Copy(t.Context(), b, "c.txt", b, "a.txt", nil)
	if err != nil || copied.Size != -1 {
		t.Errorf("a copy: %+v, %v", copied, err)
	}
	info, err := files.Move(t.Context(), b, "b.txt", b, "a.txt", nil)
	if err != nil || info.Name != "b.txt" || info.Size != 4 ||
		info.ContentType != want.ContentType || info.Digest != want.Digest {
		t.Errorf("Move: %+v, %v; want what was copied: %+v", info, err, want)
	}
	if _, err := files.Copy(t.Context(), b, "d.txt", b, "c.txt",
		&files.CopyOptions{FullInfo: true}); err == nil {
		t.Error("the fake copies nothing, so there is no c.txt")
	}
	if len(backend.asked) != 3 || backend.asked[0] || backend.asked[1] || !backend.asked[2] {
		t.Errorf("requests of the whole Info: %v, want false, false, true", backend.asked)
	}
}

// TestMoveOfAnEmptyFile: the Info of a move has only what the destination claims, also if
// the file is empty.
func TestMoveOfAnEmptyFile(t *testing.T) {
	for _, text := range []string{"", "text"} {
		src := mem.New(nil)
		dst := claimsLess(mem.New(nil), func(f *files.Features) {
			f.Digests, f.ServerCopy = false, false
		})
		put(t, src, "a", text)
		info, err := files.Move(ctx, dst, "b", src, "a", nil)
		if err != nil || info.Size != int64(len(text)) || info.Digest != (files.Digest{}) {
			t.Errorf("Move of %q = %+v, %v, want no digest", text, info, err)
		}
	}
}

// TestMoveBetweenAlikeBuckets: files of one name in two buckets of one type are two files.
func TestMoveBetweenAlikeBuckets(t *testing.T) {
	less := func(f *files.Features) { f.VersionPerPut = false }
	for range 2 {
		src, dst := mem.New(nil), mem.New(nil)
		put(t, src, "a", "text")
		info, err := files.Move(ctx, claimsLess(dst, less), "a", claimsLess(src, less), "a", nil)
		if err != nil || info.Size != 4 {
			t.Errorf("Move = %+v, %v", info, err)
		}
		has(t, dst, "a", "text")
		missing(t, src, "a")
	}
}
