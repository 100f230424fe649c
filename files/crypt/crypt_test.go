package crypt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

func open(t *testing.T, below files.Bucket, keys ...crypt.Key) files.Bucket {
	t.Helper()
	b, err := crypt.New(below, &crypt.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func put(t *testing.T, b files.Bucket, name string, c []byte) files.Info {
	t.Helper()
	info, err := files.PutBytes(t.Context(), b, name, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func read(t *testing.T, b files.Bucket, name string) []byte {
	t.Helper()
	c, err := files.ReadAll(t.Context(), b, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func last(b files.Bucket, name string, n int64) ([]byte, error) {
	return files.ReadAll(context.Background(), b, name,
		&files.ReadOptions{GetOptions: files.GetOptions{Range: files.Last(n)}})
}

// TestCutAtEveryLength: a file that was truncated at any length, or has more bytes, is
// ErrCorrupt. Without the long tests, files of several chunks are cut only around
// the chunks' borders.
func TestCutAtEveryLength(t *testing.T) {
	for _, size := range []int{0, 1, 100, 1000, crypt.ChunkSize, crypt.ChunkSize + 1,
		2 * crypt.ChunkSize} {
		below := mem.New(nil)
		b := open(t, below, key("1", 1))
		put(t, b, "a", content(size))
		whole := read(t, below, "a")
		h := int(crypt.HeaderSize)
		var cuts []int
		every := size <= 1000 || size == crypt.ChunkSize+1 && longtest.On()
		for n := range len(whole) { // each length of the header, and those around the chunks
			if in := (n - h) % (crypt.ChunkSize + 16); every || n < h+20 || in < 18 ||
				in > crypt.ChunkSize-2 || n > len(whole)-18 {
				cuts = append(cuts, n)
			}
		}
		for _, n := range append(cuts, len(whole)+1, len(whole)+17) {
			damaged := append(slices.Clone(whole), make([]byte, 17)...)[:n]
			put(t, below, "a", damaged)
			if _, err := files.ReadAll(t.Context(), b, "a", nil); files.KindOf(err) !=
				files.ErrCorrupt {
				t.Fatalf("%d bytes, of %d stored ones %d: %v", size, len(whole), n, err)
			}
			if _, err := last(b, "a", 10); files.KindOf(err) != files.ErrCorrupt {
				t.Fatalf("Last of %d bytes, of %d stored ones %d: %v", size, len(whole), n, err)
			}
		}
	}
}

// TestEachBitCounts: a changed byte anywhere, also in the key's ID, is ErrCorrupt.
func TestEachBitCounts(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, key("key", 1))
	put(t, b, "a", content(40))
	whole := read(t, below, "a")
	for i := range whole {
		for _, bit := range []byte{1, 0x80} {
			changed := slices.Clone(whole)
			changed[i] ^= bit
			put(t, below, "a", changed)
			if _, err := files.ReadAll(t.Context(), b, "a", nil); files.KindOf(err) !=
				files.ErrCorrupt {
				t.Fatalf("byte %d of %d: %v", i, len(whole), err)
			}
			if _, err := last(b, "a", 3); files.KindOf(err) != files.ErrCorrupt {
				t.Fatalf("Last with byte %d of %d: %v", i, len(whole), err)
			}
		}
	}
}

// TestFailedBodyStaysFailed: nothing after a damaged chunk is returned.
func TestFailedBodyStaysFailed(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, key("1", 1))
	put(t, b, "a", content(3*crypt.ChunkSize))
	stored := read(t, below, "a")
	stored[int(crypt.HeaderSize)+crypt.ChunkSize+100] ^= 1
	put(t, below, "a", stored)
	for _, rg := range []files.Range{{}, files.Bytes(0, 2*crypt.ChunkSize+5), files.From(10)} {
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: rg})
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if n > crypt.ChunkSize || files.KindOf(err) != files.ErrCorrupt {
			t.Errorf("%d bytes, %v", n, err)
		}
		for range 2 {
			n, err := r.Read(make([]byte, 10))
			if n != 0 || files.KindOf(err) != files.ErrCorrupt {
				t.Errorf("Read after the failure = %d, %v, want 0 and the same error", n, err)
			}
		}
		r.Close()
	}
}

// TestBoundToItsName: a file that was copied below to another name is ErrCorrupt.
func TestBoundToItsName(t *testing.T) {
	ctx, below := t.Context(), mem.New(nil)
	b := open(t, below, key("1", 1))
	put(t, b, "a", content(100))
	put(t, b, "b", content(200))
	for _, to := range []string{"b", "c", "d/a", "without attributes"} {
		if to == "without attributes" {
			put(t, below, to, read(t, below, "a"))
		} else if _, err := files.Copy(ctx, below, to, below, "a", nil); err != nil {
			t.Fatal(err)
		}
		_, err := files.ReadAll(ctx, b, to, nil)
		_, rerr := last(b, to, 5)
		if files.KindOf(err) != files.ErrCorrupt || files.KindOf(rerr) != files.ErrCorrupt {
			t.Errorf("copied below to %s: %v, %v", to, err, rerr)
		}
	}
	if _, err := files.Copy(ctx, b, "e", b, "a", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Move(ctx, b, "f", b, "e", nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, b, "f"), content(100)) {
		t.Error("a file that was copied and moved through the wrapper has other content")
	}
	put(t, below, "plain", []byte("not encrypted"))
	if _, err := files.ReadAll(ctx, b, "plain", nil); files.KindOf(err) != files.ErrCorrupt {
		t.Error(err)
	}
}

// TestCopyBetweenViews: copies between the bucket, another with other keys and the one
// below have the same plain content.
func TestCopyBetweenViews(t *testing.T) {
	ctx, below := t.Context(), mem.New(nil)
	one, two := open(t, below, key("1", 1)), open(t, below, key("2", 2))
	put(t, one, "a", content(70_000))
	for name, to := range map[string]files.Bucket{"b": two, "c": below, "d": one} {
		if _, err := files.Copy(ctx, to, name, one, "a", nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, to, name), content(70_000)) {
			t.Errorf("%s has other content than its source", name)
		}
	}
	if _, err := files.Move(ctx, two, "e", one, "d", nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, two, "e"), content(70_000)) {
		t.Error("the moved file has other bytes")
	}
	if _, err := files.Copy(ctx, two, "a", one, "a", nil); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("Copy onto the same file with another key: %v, want ErrUnsupported", err)
	}
	if _, err := files.SignURL(ctx, one, "a", nil); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("a signed URL: %v, want ErrUnsupported", err)
	}
}

// TestSizes: Stat, Get, List and Put report the plain size.
func TestSizes(t *testing.T) {
	ctx, below := t.Context(), mem.New(nil)
	short, long := key("1", 1), key("a-much-longer-key-of-32-bytes-id", 2)
	b := open(t, below, short)
	rotated := open(t, below, long, short)
	want := func(b files.Bucket, what, name string, size int) {
		t.Helper()
		st, err := b.Stat(ctx, name, nil)
		if err != nil || st.Size != int64(size) {
			t.Errorf("%s of %d: Stat has %d, %v", what, size, st.Size, err)
		}
		c := read(t, b, name)
		if !bytes.Equal(c, content(size)) {
			t.Errorf("%s of %d: Get has %d bytes", what, size, len(c))
		}
		for e, err := range b.List(ctx, "", &files.ListOptions{Prefix: name}) {
			if err != nil || e.Size != int64(size) {
				t.Errorf("%s of %d: List has %d, %v", what, size, e.Size, err)
			}
		}
	}
	for _, size := range []int{0, 1, crypt.ChunkSize - 1, crypt.ChunkSize, crypt.ChunkSize + 1,
		3 * crypt.ChunkSize} {
		if info := put(t, b, "a", content(size)); info.Size != int64(size) {
			t.Errorf("Put of %d bytes returned the size %d", size, info.Size)
		}
		want(b, "a file", "a", size)
		if _, err := files.Copy(ctx, b, "b", b, "a", nil); err != nil {
			t.Fatal(err)
		}
		want(b, "a copy", "b", size)
		want(rotated, "an old file", "a", size)
		if _, err := files.Copy(ctx, rotated, "a", rotated, "a", nil); err != nil {
			t.Fatal(err)
		}
		want(rotated, "a rotated file", "a", size)
		if n := len(read(t, below, "a")); n != len(read(t, below, "b")) {
			t.Errorf("with a longer ID %d bytes are stored, want the same length", n)
		}
	}
}

// recorder makes a bucket that records each whole content that is put into it.
type recorder struct {
	mu    sync.Mutex
	puts  [][]byte
	sizes []*int64
	fails int // how many attempts fail after they have read everything
}

func (r *recorder) bucket() files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op != files.OpPut {
				return next(ctx)
			}
			r.mu.Lock()
			r.sizes = append(r.sizes, c.Put.Size)
			r.mu.Unlock()
			for {
				all, err := io.ReadAll(c.Content)
				if err != nil {
					return err
				}
				r.mu.Lock()
				r.puts = append(r.puts, all)
				r.fails--
				again := r.fails >= 0
				r.mu.Unlock()
				seeker, ok := c.Content.(io.Seeker)
				if !ok {
					return errors.New("the content can't be rewound")
				}
				if _, err := seeker.Seek(0, io.SeekStart); err != nil {
					return err
				}
				if !again {
					return next(ctx)
				}
			}
		},
	})
}

// TestFreshKeys: each attempt of a Put has a new key, and the stored size is known
// in advance.
func TestFreshKeys(t *testing.T) {
	rec := &recorder{fails: 1}
	b := open(t, rec.bucket(), key("1", 1))
	same := content(150_000)
	put(t, b, "a", same) // two attempts
	put(t, b, "a", same)
	if !bytes.Equal(read(t, b, "a"), same) {
		t.Error("the content differs after a retry")
	}
	if len(rec.puts) != 3 {
		t.Fatalf("%d attempts were made, want 3", len(rec.puts))
	}
	for i, a := range rec.puts {
		if s := rec.sizes[min(i, len(rec.sizes)-1)]; s == nil || *s != int64(len(a)) {
			t.Errorf("attempt %d: the size below is %v, want %d", i, s, len(a))
		}
		for _, other := range rec.puts[:i] {
			same := 0
			for k := range a[crypt.HeaderSize:] {
				if a[int(crypt.HeaderSize)+k] == other[int(crypt.HeaderSize)+k] {
					same++
				}
			}
			if same > len(a)/100 { // by chance, 1 byte of 256 is the same
				t.Errorf("two attempts have %d bytes in common, as with the same key", same)
			}
		}
	}
}

// TestRaces: of concurrent Puts with IfAbsent one succeeds, and its content stays.
func TestRaces(t *testing.T) {
	b := open(t, mem.New(nil), key("1", 1))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = files.PutBytes(t.Context(), b, "a", content(i),
				&files.PutOptions{If: files.IfAbsent()})
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case !errors.Is(err, files.ErrExist):
			t.Errorf("Put %d = %v, want nil or ErrExist", i, err)
		}
	}
	if won < 0 || !bytes.Equal(read(t, b, "a"), content(won)) {
		t.Errorf("Put %d succeeded, and the file has other content", won)
	}
}

// TestRanges reads random ranges and counts the requests.
func TestRanges(t *testing.T) {
	gets := 0
	below := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpGet {
				gets++
			}
			return next(ctx)
		},
	})
	b := open(t, below, key("1", 1))
	for _, size := range []int{0, 10, crypt.ChunkSize, 10*crypt.ChunkSize + 77} {
		all := content(size)
		put(t, b, "a", all)
		rnd := rand.New(rand.NewPCG(1, uint64(size)))
		for range 60 {
			off, n := rnd.Int64N(int64(size)+3), rnd.Int64N(int64(size)+3)
			for _, rg := range []files.Range{files.Bytes(off, n), files.From(off), files.Last(n)} {
				gets = 0
				r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: rg})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.ReadAll()
				at, count := rg.Resolve(int64(size))
				if err != nil || !bytes.Equal(got, all[at:at+count]) || r.Offset() != at ||
					r.Info().Size != int64(size) {
					t.Fatalf("%v of %d: %d bytes, %v", rg, size, len(got), err)
				}
				r.Close()
				if gets > 3 || size < 3*crypt.ChunkSize && gets > 2 {
					t.Errorf("%v of %d: %d requests", rg, size, gets)
				}
			}
		}
	}
}
