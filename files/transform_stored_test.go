package files_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// stores is a wrapper whose contents pass through put.
func stores(b files.Bucket, put func(plain io.Reader, size int64,
	opts *files.PutOptions) (io.Reader, int64, error)) files.Bucket {
	return files.Wrap(b, files.Hooks{Transform: &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			opts *files.PutOptions) (io.Reader, int64, error) {
			return put(plain, size, opts)
		},
	}})
}

// TestTransformSizes: Put gets the size that was declared or is known, and the bucket below
// gets the one that Put returns, and no digest.
func TestTransformSizes(t *testing.T) {
	four := int64(4)
	rest := strings.NewReader("before text")
	rest.Seek(7, io.SeekStart)
	for what, c := range map[string]struct {
		content io.Reader
		size    *int64
		want    int64
	}{
		"bytes":             {bytes.NewReader([]byte("text")), nil, 4},
		"buffer":            {bytes.NewBufferString("text"), nil, 4},
		"string":            {strings.NewReader("text"), nil, 4},
		"a part of it":      {rest, nil, 4},
		"stream":            {io.MultiReader(strings.NewReader("text")), nil, -1},
		"declared stream":   {io.MultiReader(strings.NewReader("text")), &four, 4},
		"declared in bytes": {bytes.NewReader([]byte("text")), &four, 4},
	} {
		for _, stored := range []int64{-1, 5} {
			var below *int64
			digest := files.Digest{CRC32C: "?"}
			store := mem.New(nil)
			b := stores(around(store, func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == files.OpPut {
					below, digest = c.Put.Size, c.Put.Digest
				}
				return next(ctx)
			}), func(plain io.Reader, size int64, _ *files.PutOptions) (io.Reader, int64, error) {
				if size != c.want {
					t.Errorf("%s: Put gets the size %d, want %d", what, size, c.want)
				}
				return io.MultiReader(strings.NewReader("#"), plain), stored, nil
			})
			if s, ok := c.content.(io.Seeker); ok {
				s.Seek(-4, io.SeekEnd)
			} else {
				c.content = io.MultiReader(strings.NewReader("text"))
			}
			if what == "buffer" {
				c.content = bytes.NewBufferString("text")
			}
			_, err := b.Put(ctx, "a.txt", c.content, &files.PutOptions{Size: c.size})
			if err != nil {
				t.Errorf("%s: %v, want no error", what, err)
			}
			if digest != (files.Digest{}) || (below == nil) != (stored < 0) ||
				below != nil && *below != stored {
				t.Errorf("%s: the bucket below gets a size: %v, and %+v", what, below != nil,
					digest)
			}
			has(t, store, "a.txt", "#text")
		}
	}
}

// unreadable fails the test if it is read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the content is read")
	return 0, io.EOF
}

// TestTransformRefusesFirst: options that are wrong are refused before the content is read
// and before Put is called.
func TestTransformRefusesFirst(t *testing.T) {
	negative := int64(-1)
	long := files.Attributes{Metadata: map[string]string{
		"k": strings.Repeat("x", files.MaxMetadata),
	}}
	for what, c := range map[string]struct {
		opts files.PutOptions
		want error
	}{
		"size":   {files.PutOptions{Size: &negative}, files.ErrInvalid},
		"digest": {files.PutOptions{Digest: files.Digest{MD5: "x"}}, files.ErrInvalid},
		"type": {files.PutOptions{Attributes: files.Attributes{ContentType: " x"}},
			files.ErrInvalid},
		"metadata": {files.PutOptions{Attributes: long}, files.ErrInvalid},
		"native": {
			files.PutOptions{Native: []files.NativeOption{unheardOf{}}}, files.ErrUnsupported,
		},
	} {
		store := mem.New(nil)
		b := stores(store, func(plain io.Reader, size int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			t.Errorf("%s: Put is called", what)
			return plain, size, nil
		})
		_, err := b.Put(ctx, "a", unreadable{t}, &c.opts)
		is(t, err, c.want)
		missing(t, store, "a")
	}
}

// TestTransformStoredContentIsClosed: each stored content that Put returned is closed once,
// whatever ends the Put, and the error is that of what failed.
func TestTransformStoredContentIsClosed(t *testing.T) {
	text := func() io.Reader { return strings.NewReader("text") }
	for what, c := range map[string]struct {
		below   func(store files.Bucket) files.Bucket
		content func() io.Reader
		fails   int // the call of Put that fails, from 1
		want    error
		puts    int
	}{
		"stored": {content: text, puts: 1},
		"read again": {
			below:   func(b files.Bucket) files.Bucket { return rereading{b, t} },
			content: text, puts: 2,
		},
		"Put fails": {content: text, fails: 1, want: errBroken, puts: 1},
		"Put fails when it is read again": {
			below:   func(b files.Bucket) files.Bucket { return rereading{b, t} },
			content: text, fails: 2, want: errBroken, puts: 2,
		},
		"can't be read again": {
			below:   func(b files.Bucket) files.Bucket { return rereading{b, t} },
			content: func() io.Reader { return &unrewindable{strings.NewReader("text")} },
			want:    errBroken, puts: 1,
		},
		"the bucket below fails": {
			below: func(b files.Bucket) files.Bucket {
				return around(b, func(context.Context, *files.Call,
					func(context.Context) error) error {
					return files.ErrPermission
				})
			},
			content: text, want: files.ErrPermission, puts: 1,
		},
		"content fails": {
			content: func() io.Reader { return &broken{"te", errBroken} },
			want:    errBroken, puts: 1,
		},
	} {
		for _, decoder := range []bool{true, false} {
			store := mem.New(nil)
			below := store
			if c.below != nil {
				below = c.below(store)
			}
			var closes []int
			b := stores(below, func(plain io.Reader, size int64,
				_ *files.PutOptions) (io.Reader, int64, error) {
				i := len(closes)
				closes = append(closes, 0)
				stored := io.MultiReader(strings.NewReader("#"), plain)
				var err error
				if i+1 == c.fails {
					err = errBroken
				}
				if decoder {
					return &closing{stored, func() { closes[i]++ }}, -1, err
				}
				return &counted{stored, &closes[i]}, -1, err
			})
			_, err := b.Put(ctx, "a.txt", c.content(), nil)
			if c.want == nil {
				if err != nil {
					t.Errorf("%s: %v, want no error", what, err)
				}
				has(t, store, "a.txt", "#text")
			} else {
				is(t, err, c.want)
				missing(t, store, "a.txt")
			}
			if len(closes) != c.puts {
				t.Errorf("%s: Put was called %d times, want %d", what, len(closes), c.puts)
			}
			for i, n := range closes {
				if n != 1 {
					t.Errorf("%s: content %d was closed %d times, want once", what, i, n)
				}
			}
		}
	}
}

// TestTransformDigests: every kind of digest that the caller declares is checked, also
// after the bucket below has begun again, and is in the Info if the wrapper claims digests.
func TestTransformDigests(t *testing.T) {
	sum := md5.Sum([]byte("text"))
	right := files.Digest{MD5: hex.EncodeToString(sum[:])}
	wrong := files.Digest{MD5: strings.Repeat("0", 32)}
	for _, again := range []bool{false, true} {
		for _, claimed := range []bool{false, true} {
			store, puts := mem.New(nil), 0
			var below files.Bucket = store
			if again {
				below = rereading{store, t}
			}
			b := files.Wrap(below, files.Hooks{
				Transform: stamped(&puts),
				Features: func(f files.Features) files.Features {
					f.Digests = claimed
					return f
				},
			})
			info, err := b.Put(ctx, "a", strings.NewReader("text"),
				&files.PutOptions{Digest: right})
			if err != nil || claimed != (info.Digest.MD5 == right.MD5) ||
				claimed == info.Digest.IsZero() {
				t.Errorf("read again: %v, claimed: %v: %+v, %v", again, claimed, info.Digest, err)
			}
			_, err = b.Put(ctx, "b", strings.NewReader("text"), &files.PutOptions{Digest: wrong})
			is(t, err, files.ErrCorrupt)
			missing(t, store, "b")
		}
	}
}

// TestTransformCause: a Put returns why the content failed, rather than what that led to,
// unless the outcome is uncertain; and what the bucket below says of content that was read.
func TestTransformCause(t *testing.T) {
	other := errors.New("another")
	for what, c := range map[string]struct {
		content io.Reader
		below   error
		want    error
	}{
		"fails":     {&broken{"te", errBroken}, other, errBroken},
		"uncertain": {&broken{"te", errBroken}, files.ErrUncertain, files.ErrUncertain},
		"read":      {strings.NewReader("text"), other, other},
		"not known": {strings.NewReader("text"), files.ErrUncertain, files.ErrUncertain},
	} {
		b := stores(around(mem.New(nil), func(_ context.Context, call *files.Call,
			_ func(context.Context) error) error {
			io.Copy(io.Discard, call.Content)
			return c.below
		}), func(plain io.Reader, size int64, _ *files.PutOptions) (io.Reader, int64, error) {
			return plain, size, nil
		})
		_, err := b.Put(ctx, "a.txt", c.content, nil)
		is(t, err, c.want)
		if lost := errors.Is(err, files.ErrUncertain); lost != (c.want == files.ErrUncertain) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// idle is a reader that returns nothing n times before each text.
type idle struct {
	io.Reader
	n int
}

func (i *idle) Read(p []byte) (int, error) {
	if i.n--; i.n >= 0 {
		return 0, nil
	}
	return i.Reader.Read(p)
}

// TestTransformIdleContent: content that returns nothing 99 times is waited for, and after
// a hundred times it is ErrInvalid.
func TestTransformIdleContent(t *testing.T) {
	puts := 0
	b := files.Wrap(mem.New(nil), files.Hooks{Transform: stamped(&puts)})
	if _, err := b.Put(ctx, "a", &idle{strings.NewReader("text"), 99}, nil); err != nil {
		t.Errorf("after 99 times: %v, want no error", err)
	}
	_, err := b.Put(ctx, "b", &idle{strings.NewReader("text"), 100}, nil)
	is(t, err, files.ErrInvalid)
}

// TestTransformSeekToTheEnd: stored content can't seek from its end, and says so.
func TestTransformSeekToTheEnd(t *testing.T) {
	puts := 0
	b := files.Wrap(around(mem.New(nil), func(_ context.Context, c *files.Call,
		_ func(context.Context) error) error {
		if at, err := c.Content.(io.Seeker).Seek(0, io.SeekEnd); at != 0 ||
			!errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Seek to the end = %d, %v, want ErrUnsupported", at, err)
		}
		return errBroken
	}), files.Hooks{Transform: stamped(&puts)})
	_, err := b.Put(ctx, "a", strings.NewReader("text"), nil)
	if is(t, err, errBroken); puts != 1 {
		t.Errorf("the content was begun %d times, want once", puts)
	}
}

// TestTransformOverNoAttributes: over a bucket that stores no attributes, Put's Info has
// only the type, whatever the wrapper took.
func TestTransformOverNoAttributes(t *testing.T) {
	below := claimsLess(mem.New(nil), func(f *files.Features) { f.Attributes = false })
	b := files.Wrap(below, files.Hooks{
		Transform: &files.Transform{
			Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
				opts *files.PutOptions) (io.Reader, int64, error) {
				opts.Attributes = files.Attributes{ContentType: opts.ContentType}
				return plain, size, nil
			},
		},
		Features: func(f files.Features) files.Features { f.Attributes = true; return f },
	})
	o := &files.PutOptions{}
	o.CacheControl = "no-store"
	info, err := b.Put(ctx, "a.txt", iotest.OneByteReader(strings.NewReader("text")), o)
	if err != nil || info.CacheControl != "" || !strings.HasPrefix(info.ContentType, "text/plain") {
		t.Errorf("Put = %+v, %v, want only the type", info.Attributes, err)
	}
}
