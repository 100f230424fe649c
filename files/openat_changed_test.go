package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestOneVersionExactly: a File of a bucket without conditional reads compares what its
// responses report: the version, or the time if there are no versions, and the size.
func TestOneVersionExactly(t *testing.T) {
	now := time.Now()
	const size = 1 << 20
	for what, c := range map[string]struct {
		first, later files.Entry
		same         bool
	}{
		"nothing new": {
			files.Entry{Version: "v", ModTime: now, Size: size},
			files.Entry{Version: "v", ModTime: now.Add(1), Size: size},
			true,
		},
		"another version": {
			files.Entry{Version: "v", ModTime: now, Size: size},
			files.Entry{Version: "w", ModTime: now, Size: size},
			false,
		},
		"another size": {
			files.Entry{Version: "v", Size: size},
			files.Entry{Version: "v", Size: size - 1},
			false,
		},
		"no versions, nothing new": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now.UTC(), Size: size},
			true,
		},
		"no versions, another time": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now.Add(1), Size: size},
			false,
		},
		"no versions, another size": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now, Size: size + 1},
			false,
		},
	} {
		entry, closes := c.first, 0
		b := &answering{fixed(func(f *files.Features) { f.ReadConditions = false }),
			func(ctx context.Context, o files.GetOptions) (*files.Reader, error) {
				if o.IfVersion != "" {
					t.Errorf("%s: a condition is sent to a bucket that has none", what)
				}
				off, n := o.Range.Resolve(entry.Size)
				return driver.NewReader(ctx, driver.ReaderConfig{
					Info:    files.Info{Entry: entry},
					Offset:  off,
					Length:  n,
					Body:    io.NopCloser(bytes.NewReader(make([]byte, n))),
					OnClose: func() { closes++ },
				}), nil
			}}
		f := openAt(t, b, "f", nil)
		entry = c.later
		if _, err := f.ReadAt(make([]byte, 10), size/2); (err == nil) != c.same ||
			!c.same && !errors.Is(err, files.ErrChanged) {
			t.Errorf("%s: ReadAt = %v", what, err)
		}
		if closes != 2 {
			t.Errorf("%s: %d bodies of 2 are closed", what, closes)
		}
	}
}

// changedBody is a body that can be read at any place, until its file has changed.
type changedBody struct{ anyPlace }

func (changedBody) ReadAt([]byte, int64) (int, error) { return 0, files.ErrChanged }

// TestDirectFileChanged: a File that reads without blocks is ErrChanged if its body says
// so, each time.
func TestDirectFileChanged(t *testing.T) {
	b := &answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: 4, Version: "v"}},
			Length: 4,
			Body:   changedBody{anyPlace{strings.NewReader("text")}},
		}), nil
	}}
	f := openAt(t, b, "f", nil)
	for range 2 {
		n, err := f.ReadAt(make([]byte, 2), 1)
		if is(t, err, files.ErrChanged); n != 0 {
			t.Errorf("ReadAt = %d bytes, want 0", n)
		}
		_, err = f.ReadRanges(files.Bytes(1, 2))
		is(t, err, files.ErrChanged)
	}
}
