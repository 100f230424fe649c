package local

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// TestListPartsWhileReplaced: a part that is gone before it is looked at, because the
// next one of its number has just replaced it, isn't listed, and a part that can't be
// looked at is an error.
func TestListPartsWhileReplaced(t *testing.T) {
	var fault error
	bucket := openOdd(t, crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
		if p, ok := parsePart(op.Name); ok && p.Number == 2 && op.Kind == crashfs.Lstat &&
			fault != nil {
			return fault
		}
		return do()
	}), t.TempDir())
	b := driver.Unwrap(bucket).(*backend)
	u := &driver.Upload{Name: "f", Size: 3, PartSize: 1}
	var err error
	if u.ID, err = b.BeginUpload(t.Context(), u); err != nil {
		t.Fatalf("BeginUpload = %v, want nil", err)
	}
	for number := 1; number <= 3; number++ {
		_, err := b.ReceivePart(t.Context(), u, number, 1, strings.NewReader("x"))
		if err != nil {
			t.Fatalf("ReceivePart(%d) = %v, want nil", number, err)
		}
	}
	for _, c := range []struct {
		fault, want error
		numbers     []int
	}{
		{nil, nil, []int{1, 2, 3}},
		{syscall.ENOENT, nil, []int{1, 3}},
		{syscall.EIO, syscall.EIO, nil},
	} {
		fault = c.fault
		parts, err := b.ListParts(t.Context(), u)
		var numbers []int
		for _, p := range parts {
			numbers = append(numbers, p.Number)
		}
		if !errors.Is(err, c.want) || err != nil && c.want == nil ||
			!slices.Equal(numbers, c.numbers) {
			t.Errorf("if Lstat of part 2 returns %v, ListParts has %v, %v, want %v, %v", c.fault,
				numbers, err, c.numbers, c.want)
		}
	}
}

// TestPartsOfUpload: parts are listed by number. Only a regular file with the name and
// size of a part is one.
func TestPartsOfUpload(t *testing.T) {
	b, _, dir := uploadsIn(t, &hookFS{})
	u := uploading(t, b, "f")
	long := strings.Repeat("long", pieceSize/2)
	want := []driver.UploadedPart{}
	for _, n := range []int{10, 2, 1} {
		want = append(want, driver.UploadedPart{
			Number: n,
			Size:   int64(len(long)),
			CRC32C: crc32.Checksum([]byte(long), castagnoli),
			Tag:    sendPart(t, b, u, n, long),
		})
	}
	slices.Reverse(want)
	folder := uploadDir(dir, u)
	for _, name := range []string{
		"p-3-4-00000000",
		"p-3-4-0.attrs",
		"p-03-4-00000000.attrs",
		"p-3-04-00000000.attrs",
		"p-3-4-000000000.attrs",
		"p-3-4-0000000G.attrs",
		"p-3-4-00000000-1.attrs",
		"p-x-4-00000000.attrs",
		"p-3-x-00000000.attrs",
		"q-3-4-00000000.attrs",
		"p-3-5-00000000.attrs",
		"p-3-3-00000000.attrs",
		"t-3-4-00000000.attrs",
	} {
		ok(t, os.WriteFile(filepath.Join(folder, name), []byte("text"), 0o666))
	}
	ok(t, os.Mkdir(filepath.Join(folder, "p-4-4096-00000000.attrs"), 0o777))
	if got := sentParts(t, b, u); !slices.Equal(got, want) {
		t.Errorf("the parts are %+v, want %+v", got, want)
	}
}
