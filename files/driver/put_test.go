package driver_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// limits is a map backend with limits.
type limits struct {
	*mapdriver.Backend
	max, unknown int64
	maxName      int
	noAttributes bool
}

func (l limits) Features() files.Features {
	f := l.Backend.Features()
	f.MaxSize, f.MaxUnknownSize, f.MaxName = l.max, l.unknown, l.maxName
	f.Attributes = !l.noAttributes
	return f
}

func size(n int64) *int64 { return &n }

func TestPutRefuses(t *testing.T) {
	boom := errors.New("boom")
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(boom)
	for _, c := range []struct {
		name    string
		ctx     context.Context
		file    string
		content io.Reader
		opts    files.PutOptions
		want    error
	}{
		{name: "nil content", want: files.ErrInvalid},
		{name: "nil file", content: (*os.File)(nil), want: files.ErrInvalid},
		{
			name:    "bad name before bad options",
			file:    "a//b",
			content: strings.NewReader(""),
			opts:    files.PutOptions{Size: size(-1)},
			want:    files.ErrInvalidName,
		},
		{
			name:    "bad options before the context",
			ctx:     cancelled,
			content: strings.NewReader(""),
			opts:    files.PutOptions{Size: size(-1)},
			want:    files.ErrInvalid,
		},
		{
			name:    "context",
			ctx:     cancelled,
			content: strings.NewReader("new"),
			want:    boom,
		},
		{
			name:    "too short",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{Size: size(4)},
			want:    files.ErrCorrupt,
		},
		{
			name:    "too long",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{Size: size(2)},
			want:    files.ErrCorrupt,
		},
		{
			name:    "declared empty",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{Size: size(0)},
			want:    files.ErrCorrupt,
		},
		{
			name:    "digest",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{Digest: files.Digest{CRC32C: "00000000"}},
			want:    files.ErrCorrupt,
		},
		{
			name:    "no digest",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{Digest: files.Digest{MD5: "xyz"}},
			want:    files.ErrInvalid,
		},
		{
			name:    "reader fails",
			content: io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)),
			want:    boom,
		},
		{name: "reader fails at once", content: iotest.ErrReader(boom), want: boom},
		{
			name: "data with error",
			content: iotest.DataErrReader(io.MultiReader(strings.NewReader("new"),
				iotest.ErrReader(boom))),
			want: boom,
		},
		{name: "too large", content: strings.NewReader("0123456789"), want: files.ErrTooLarge},
		{
			name:    "too large declared",
			content: strings.NewReader("x"),
			opts:    files.PutOptions{Size: size(9)},
			want:    files.ErrTooLarge,
		},
		{
			name:    "too large, unknown",
			content: io.MultiReader(strings.NewReader("012345")),
			want:    files.ErrTooLarge,
		},
		{
			name:    "exists",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{If: files.IfAbsent()},
			want:    files.ErrExist,
		},
		{
			name:    "version",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{If: files.IfVersion("other")},
			want:    files.ErrPrecondition,
		},
		{
			name:    "no version",
			content: strings.NewReader("new"),
			opts:    files.PutOptions{If: files.IfVersion("")},
			want:    files.ErrPrecondition,
		},
		{
			name:    "metadata",
			content: strings.NewReader("new"),
			opts: files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{
				"a": "1",
				"A": "2",
			}}},
			want: files.ErrInvalid,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := driver.New(limits{Backend: mapdriver.New(), max: 8, unknown: 4})
			if _, err := b.Put(t.Context(), "f", strings.NewReader("old"), nil); err != nil {
				t.Fatal(err)
			}
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			if c.file == "" {
				c.file = "f"
			}
			_, err := b.Put(c.ctx, c.file, c.content, &c.opts)
			if !errors.Is(err, c.want) {
				t.Errorf("Put: %v, want %v", err, c.want)
			}
			if e, ok := errors.AsType[*files.Error](err); !ok || e.Op != files.OpPut ||
				e.Name != c.file {
				t.Errorf("error is %#v", err)
			}
			r, err := b.Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := r.ReadString(); got != "old" || err != nil {
				t.Errorf(`the old file is %q, %v, want "old" and no error`, got, err)
			}
		})
	}
}

func TestPutInfo(t *testing.T) {
	b := driver.New(mapdriver.New())
	content := "hello, hello\n"
	sum := func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
	md, sha := md5.Sum([]byte(content)), sha256.Sum256([]byte(content))
	right := files.Digest{MD5: sum(md[:]), SHA256: sum(sha[:])}
	for _, r := range []io.Reader{
		strings.NewReader(content), iotest.OneByteReader(strings.NewReader(content)),
		iotest.DataErrReader(strings.NewReader(content)),
		iotest.HalfReader(bytes.NewBufferString(content)),
	} {
		info, err := b.Put(t.Context(), "greeting", r, &files.PutOptions{
			Digest: right,
			Size:   size(13),
		})
		if err != nil || !strings.EqualFold(info.Digest.SHA256,
			right.SHA256) || info.Digest.CRC32 != "" {
			t.Errorf("Put of a %T has the digests %+v, %v, want the SHA-256 alone",
				r, info.Digest, err)
		}
	}
	info, err := b.Put(t.Context(), "greeting", strings.NewReader(content),
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"Kind": "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	stat, err := b.Stat(t.Context(), "greeting", nil)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != 13 || info.ContentType != "text/plain; charset=utf-8" ||
		info.Metadata["kind"] != "x" || info.Digest.CRC32C == "" || info.Version == "" {
		t.Errorf("Put = %+v", info)
	}
	if stat.Entry != info.Entry || stat.Digest != info.Digest ||
		stat.ContentType != info.ContentType {
		t.Errorf("Stat = %+v, want Put's %+v", stat, info)
	}
}

// seen records how content is read.
type seen struct {
	io.Reader
	reads int
}

func (s *seen) Read(p []byte) (int, error) {
	s.reads++
	return s.Reader.Read(p)
}

// keeper keeps the content that it was given, as a careless SDK might.
type keeper struct {
	*mapdriver.Backend
	content *driver.Content
}

func (k *keeper) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	k.content = req.Content
	return files.Info{}, files.ErrUnavailable
}

func TestPutNeverReadsAfterReturning(t *testing.T) {
	k := &keeper{Backend: mapdriver.New()}
	b := driver.New(k)
	src := &seen{Reader: strings.NewReader("content")}
	if _, err := b.Put(t.Context(), "a.txt", src, nil); !errors.Is(err, files.ErrUnavailable) {
		t.Fatalf("Put = %v, want ErrUnavailable", err)
	}
	before := src.reads
	if n, err := k.content.Read(make([]byte, 8)); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("a late Read gave %d, %v, want 0 and ErrClosed", n, err)
	}
	if src.reads != before {
		t.Error("the content was read after Put returned (P12)")
	}
}

// TestPutContextEndsWithContent: a context that ends with the content still ends the
// Put before the commit (P2), even if the Backend doesn't look at it.
func TestPutContextEndsWithContent(t *testing.T) {
	for _, size := range []int{0, 10, 1 << 20} {
		b := driver.New(mapdriver.New())
		ctx, cancel := context.WithCancel(t.Context())
		content := io.MultiReader(strings.NewReader(strings.Repeat("x", size)),
			readFunc(func([]byte) (int, error) {
				cancel()
				return 0, io.EOF
			}))
		if _, err := b.Put(ctx, "a", content, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%d bytes: %v, want context.Canceled", size, err)
		}
		if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("%d bytes: Stat: %v, want ErrNotExist", size, err)
		}
	}
}

func TestPutWithoutAttributes(t *testing.T) {
	b := driver.New(limits{Backend: mapdriver.New(), noAttributes: true})
	_, err := b.Put(t.Context(), "a", strings.NewReader("x"),
		&files.PutOptions{Attributes: files.Attributes{CacheControl: "no-store"}})
	if !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("headers that can't be stored: %v, want ErrUnsupported", err)
	}
	if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("and yet it was stored: %v, want ErrNotExist", err)
	}
}

func TestMaxName(t *testing.T) {
	b := driver.New(limits{Backend: mapdriver.New(), maxName: 10})
	for n, want := range map[int]error{10: nil, 11: files.ErrInvalidName} {
		if _, err := b.Put(t.Context(), strings.Repeat("n", n), strings.NewReader(""),
			nil); !errors.Is(err, want) {
			t.Errorf("a name of %d bytes: %v, want %v", n, err, want)
		}
	}
}

// swallower commits whatever it got, and reports success.
type swallower struct{ *mapdriver.Backend }

func (s swallower) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	io.CopyN(io.Discard, req.Content, 3)
	return files.Info{}, nil
}

func TestPutWithoutTheEnd(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		content io.Reader
		want    error
	}{
		{io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(boom)), boom},
		{strings.NewReader("abcdef"), files.ErrUncertain},
	} {
		if _, err := driver.New(swallower{mapdriver.New()}).Put(t.Context(), "a.txt", c.content,
			nil); !errors.Is(err, c.want) {
			t.Errorf("Put: %v, want %v", err, c.want)
		}
	}
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
