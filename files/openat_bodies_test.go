package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestLargeRangeInMemory: a range that is longer than the memory which is taken at first
// is read from its beginning.
func TestLargeRangeInMemory(t *testing.T) {
	content := randomBytes(20 << 20)
	b := mem.New(nil)
	if _, err := files.PutBytes(ctx, b, "f", content, nil); err != nil {
		t.Fatal(err)
	}
	got, err := files.ReadRanges(ctx, b, "f", []files.Range{files.From(5), files.Bytes(7, 0)}, nil)
	if err != nil || !bytes.Equal(got[0], content[5:]) || got[1] == nil || len(got[1]) != 0 {
		t.Errorf("ReadRanges returns %d ranges, %v, or other bytes", len(got), err)
	}
}

// TestRangesOfABodyThatFails: if the body of a range fails, or ends early, ReadRanges
// does, too.
func TestRangesOfABodyThatFails(t *testing.T) {
	const size = 4 << 20
	for what, c := range map[string]struct {
		end  error
		want error
	}{"fails": {errBroken, errBroken}, "ends": {io.EOF, files.ErrCorrupt}} {
		b := &answering{mem.New(nil), func(ctx context.Context,
			o files.GetOptions) (*files.Reader, error) {
			off, n := o.Range.Resolve(size)
			content := io.Reader(bytes.NewReader(make([]byte, n)))
			if off >= size/2 {
				content = &broken{"x", c.end}
			}
			return driver.NewReader(ctx, driver.ReaderConfig{
				Info:   files.Info{Entry: files.Entry{Size: size, Version: "v"}},
				Offset: off,
				Length: n,
				Body:   io.NopCloser(content),
			}), nil
		}}
		for _, ranges := range [][]files.Range{
			{files.Bytes(0, 9), files.Bytes(size-9, 9)},
			{files.Bytes(size-90, 9), files.Bytes(size-9, 9)},
		} {
			got, err := files.ReadRanges(ctx, b, "f", ranges, nil)
			if got != nil || !errors.Is(err, c.want) {
				t.Errorf("a body that %s: ReadRanges = %v, %v, want %v", what, got, err, c.want)
			}
			got, err = openAt(t, b, "f", nil).ReadRanges(ranges...)
			if got != nil || !errors.Is(err, c.want) {
				t.Errorf("a body that %s: ReadRanges of a File = %v, %v, want %v", what, got, err,
					c.want)
			}
		}
	}
}

// TestDirectFileIsChecked: an open file of the view that is read directly is checked
// against its digest as well (G6).
func TestDirectFileIsChecked(t *testing.T) {
	b := &answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info: files.Info{
				Entry:  files.Entry{Size: int64(len(alphabet))},
				Digest: files.Digest{CRC32C: "00000000"},
			},
			Length: int64(len(alphabet)),
			Body:   anyPlace{strings.NewReader(alphabet)},
			Verify: true,
		}), nil
	}}
	for _, size := range []int{1, 7, 100} {
		var got []byte
		var err error
		for f, p := openFS(t, b, "a"), make([]byte, size); err == nil; {
			var n int
			n, err = f.Read(p)
			got = append(got, p[:n]...)
		}
		if !errors.Is(err, files.ErrCorrupt) || !strings.HasPrefix(alphabet, string(got)) {
			t.Errorf("reads of %d bytes return %q, %v, want ErrCorrupt", size, got, err)
		}
	}
}
