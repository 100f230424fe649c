package compress_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
)

// TestTemporaryFiles: a Put of unknown size leaves no temporary file, however it ends.
func TestTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	b := open(t, mem.New(nil), &compress.Options{TempDir: dir})
	none := func(after string) {
		t.Helper()
		if e, err := os.ReadDir(dir); err != nil || len(e) != 0 {
			t.Errorf("after %s: %v, %v", after, e, err)
		}
	}
	for what, c := range map[string][]byte{"text": text(3 << 20), "noise": random(3 << 20)} {
		if info := stream(t, b, "a", c); info.Size != int64(len(c)) {
			t.Errorf("%s: Put returns the size %d", what, info.Size)
		}
		want(t, b, "a", c)
		none("a Put of " + what)
	}
	failed := errors.New("the content failed")
	_, err := b.Put(t.Context(), "a",
		io.MultiReader(bytes.NewReader(text(2<<20)), reader(func([]byte) (int, error) {
			return 0, failed
		})), nil)
	if !errors.Is(err, failed) {
		t.Error(err)
	}
	none("a content that fails")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		b.Put(t.Context(), "a", io.MultiReader(bytes.NewReader(text(2<<20)),
			reader(func([]byte) (int, error) { panic("of the content") })), nil)
	}()
	none("a panic")
	ctx, cancel := context.WithCancel(t.Context())
	_, err = b.Put(ctx, "a", io.MultiReader(bytes.NewReader(text(2<<20)),
		reader(func(p []byte) (int, error) { cancel(); return len(p), nil })), nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	none("a cancellation")
	want(t, b, "a", map[bool][]byte{true: text(3 << 20), false: random(3 << 20)}[isText(t, b)])

	gone := filepath.Join(dir, "missing")
	b = open(t, mem.New(nil), &compress.Options{TempDir: gone})
	_, err = b.Put(t.Context(), "a", reader(text2(2<<20)), nil)
	if err == nil || strings.Contains(err.Error(), dir) ||
		!strings.Contains(err.Error(), "temporary file") {
		t.Errorf("a missing folder: %v", err)
	}
	if _, err := files.PutBytes(t.Context(), b, "b", text(2<<20), nil); err != nil {
		t.Errorf("Put with a declared size: %v, want no temporary file", err)
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

func text2(n int) reader { return bytes.NewReader(text(n)).Read }

func isText(t *testing.T, b files.Bucket) bool {
	t.Helper()
	c, err := part(b, "a", files.Bytes(0, 5))
	if err != nil {
		t.Fatal(err)
	}
	return string(c) == "line "
}

// TestRewind: a retry below reads the content again from its beginning, and the stored
// size is known for up to 1 MiB.
func TestRewind(t *testing.T) {
	var puts [][]byte
	var sizes []*int64
	below := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op != files.OpPut {
				return next(ctx)
			}
			for range 2 {
				all, err := io.ReadAll(c.Content)
				if err != nil {
					return err
				}
				puts, sizes = append(puts, all), append(sizes, c.Put.Size)
				if _, err := c.Content.(io.Seeker).Seek(0, io.SeekStart); err != nil {
					return err
				}
			}
			return next(ctx)
		},
	})
	b := open(t, below, nil)
	for _, c := range [][]byte{text(50_000), text(3 << 20), random(50_000)} {
		puts, sizes = nil, nil
		put(t, b, "a", c, nil)
		want(t, b, "a", c)
		if len(puts) != 2 || !bytes.Equal(puts[0], puts[1]) {
			t.Errorf("%d bytes: the attempts differ", len(c))
		}
		if len(c) <= compress.Tried && (sizes[0] == nil || *sizes[0] != int64(len(puts[0]))) {
			t.Errorf("%d bytes: the size below is %v", len(c), sizes[0])
		}
	}
}

// TestWrongDeclarations: the caller's size and digest are those of the plain content.
func TestWrongDeclarations(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, nil)
	c := text(2 << 20)
	long, short := int64(len(c)+1), int64(len(c)-1)
	for _, o := range []*files.PutOptions{
		{Size: &long}, {Size: &short}, {Digest: files.Digest{CRC32C: "00000000"}},
		{Digest: files.Digest{MD5: strings.Repeat("0", 32)}},
	} {
		_, err := files.PutBytes(t.Context(), b, "a", c, o)
		if files.KindOf(err) != files.ErrCorrupt && o.Size == nil {
			t.Errorf("PutBytes with %+v = %v, want ErrCorrupt", o, err)
		}
		_, err = b.Put(t.Context(), "a", bytes.NewReader(c), o)
		if files.KindOf(err) != files.ErrCorrupt {
			t.Errorf("Put with %+v = %v, want ErrCorrupt", o, err)
		}
	}
	if _, err := below.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("a file was stored: %v, want ErrNotExist", err)
	}
}

// TestHalfReadBodies: a body that is closed before its end leaves no goroutine.
func TestHalfReadBodies(t *testing.T) {
	b := open(t, mem.New(nil), nil)
	put(t, b, "a", text(3<<20), nil)
	for range 20 {
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadN(1000); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, files.ErrClosed) {
			t.Errorf("Read after Close: %v, want ErrClosed", err)
		}
	}
	var all bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&all, 1)
	if strings.Contains(all.String(), "compress/zstd.") {
		t.Errorf("goroutines are left:\n%s", all.String())
	}
}

// TestFailedBodyStaysFailed: after an error each Read fails, and the last bytes of a
// damaged file are not returned.
func TestFailedBodyStaysFailed(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, nil)
	put(t, b, "a", text(3000), nil)
	s, a := stored(t, below, "a")
	s[len(s)-1] ^= 1 // the last byte of the checksum
	put(t, below, "a", s, &files.PutOptions{Attributes: a})
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if n >= 3000 || files.KindOf(err) != files.ErrCorrupt {
		t.Errorf("%d bytes, %v", n, err)
	}
	for range 2 {
		if n, err := r.Read(make([]byte, 10)); n != 0 || files.KindOf(err) != files.ErrCorrupt {
			t.Errorf("Read after an error = %d, %v, want 0 and ErrCorrupt", n, err)
		}
	}
}
