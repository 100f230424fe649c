package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// stamped describes a wrapper that stores "#" in front of each content, and with it the
// metadata "stamp". puts, if not nil, counts how often a content was begun, by one Put at a
// time.
func stamped(puts *int) *files.Transform {
	info := func(_ *files.Call, i files.Info) (files.Info, error) {
		i.Digest = files.Digest{}
		i.Size--
		delete(i.Metadata, "stamp")
		return i, nil
	}
	return &files.Transform{
		Metadata: 1000,
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			opts *files.PutOptions) (io.Reader, int64, error) {
			if puts != nil {
				*puts++
			}
			opts.Metadata["stamp"] = "#"
			if size >= 0 {
				size++
			}
			return io.MultiReader(strings.NewReader("#"), plain), size, nil
		},
		Info: info,
		Open: func(ctx context.Context, c *files.Call, r files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			stamp, err := get(ctx, files.Bytes(0, 1))
			if err != nil {
				return files.Info{}, nil, err
			}
			i, _ := info(c, stamp.Info())
			off, n := r.Resolve(i.Size)
			rest, err := get(ctx, files.Bytes(off+1, n))
			return i, rest, err
		},
	}
}

// TestTransformPut: size and digest that the caller declares are those of the plain
// content, and so are the size, the type and the attributes that Put returns. The stored
// file has the wrapper's own metadata too.
func TestTransformPut(t *testing.T) {
	store := mem.New(nil)
	puts := 0
	b := files.Wrap(store, files.Hooks{
		Transform: stamped(&puts),
		Features: func(f files.Features) files.Features {
			f.Digests = true
			return f
		},
	})
	const text = "<html>"
	size := int64(len(text))
	h := driver.NewHasher(files.Digest{})
	io.WriteString(h, text)
	digest := h.Sum()
	for what, content := range map[string]func() io.Reader{
		"string": func() io.Reader { return strings.NewReader(text) },
		"buffer": func() io.Reader { return bytes.NewBufferString(text) },
		"bytes":  func() io.Reader { return bytes.NewReader([]byte(text)) },
		"stream": func() io.Reader { return iotest.OneByteReader(strings.NewReader(text)) },
	} {
		for _, declared := range []*int64{nil, &size} {
			opts := &files.PutOptions{Size: declared, Digest: digest}
			opts.Metadata = map[string]string{"Key": "value"}
			info, err := b.Put(ctx, "a", content(), opts)
			if err != nil {
				t.Fatalf("Put of %s: %v", what, err)
			}
			if info.Size != size || info.ContentType != "text/html; charset=utf-8" ||
				info.Digest.CRC32C != digest.CRC32C ||
				!maps.Equal(info.Metadata, map[string]string{"key": "value"}) {
				t.Errorf("%s: Put returned %+v", what, info)
			}
			has(t, b, "a", text)
			has(t, store, "a", "#"+text)
			stored, err := store.Stat(ctx, "a", nil)
			if err != nil || stored.Metadata["stamp"] != "#" || stored.Metadata["key"] != "value" {
				t.Errorf("%s: stored with %v, %v", what, stored.Metadata, err)
			}
		}
	}
}

// TestTransformPutAtOnce: bytes that come together with the end of the content are stored.
func TestTransformPutAtOnce(t *testing.T) {
	store, puts := mem.New(nil), 0
	b := files.Wrap(store, files.Hooks{Transform: stamped(&puts)})
	content := iotest.DataErrReader(strings.NewReader("text"))
	if _, err := b.Put(ctx, "a.txt", content, nil); err != nil {
		t.Fatal(err)
	}
	has(t, store, "a.txt", "#text")
}

// TestTransformPutRefuses: what the caller declares wrongly is refused, whatever the
// wrapper stores, and a content that fails is its own reason. The old file is kept.
func TestTransformPutRefuses(t *testing.T) {
	store := mem.New(nil)
	puts := 0
	b := files.Wrap(store, files.Hooks{Transform: stamped(&puts)})
	type options = files.PutOptions
	size := func(n int64) *int64 { return &n }
	text := func() io.Reader { return iotest.OneByteReader(strings.NewReader("text")) }
	long := options{Attributes: files.Attributes{
		Metadata: map[string]string{"k": strings.Repeat("x", 1000)},
	}}
	for what, c := range map[string]struct {
		content func() io.Reader
		opts    options
		want    error
	}{
		"nil":      {func() io.Reader { return nil }, options{}, files.ErrInvalid},
		"size":     {text, options{Size: size(-1)}, files.ErrInvalid},
		"short":    {text, options{Size: size(5)}, files.ErrCorrupt},
		"long":     {text, options{Size: size(3)}, files.ErrCorrupt},
		"none":     {text, options{Size: size(0)}, files.ErrCorrupt},
		"no CRC":   {text, options{Digest: files.Digest{CRC32C: "x"}}, files.ErrInvalid},
		"CRC":      {text, options{Digest: files.Digest{CRC32C: "00000000"}}, files.ErrCorrupt},
		"fails":    {func() io.Reader { return &broken{"te", errBroken} }, options{}, errBroken},
		"at once":  {func() io.Reader { return &broken{"", errBroken} }, options{}, errBroken},
		"nothing":  {func() io.Reader { return counting(0) }, options{}, io.ErrNoProgress},
		"negative": {func() io.Reader { return counting(-1) }, options{}, files.ErrInvalid},
		"too many": {func() io.Reader { return counting(1 << 30) }, options{}, files.ErrInvalid},
		"metadata": {text, long, files.ErrInvalid},
		"type": {text, options{Attributes: files.Attributes{ContentType: " x"}},
			files.ErrInvalid},
		"fails once": {func() io.Reader {
			return io.MultiReader(strings.NewReader("te"), &failingRead{}, strings.NewReader("xt"))
		}, options{}, errBroken},
		"native": {text, options{Native: []files.NativeOption{unheardOf{}}},
			files.ErrUnsupported},
		"version": {text, options{If: files.IfVersion("other")}, files.ErrPrecondition},
	} {
		for _, name := range []string{"a", "a.txt"} { // the content decides the type, or not
			put(t, store, name, "#old")
			_, err := b.Put(ctx, name, c.content(), &c.opts)
			if is(t, err, c.want); t.Failed() {
				t.Fatalf("Put of %s as %s has another error than wanted", what, name)
			}
			has(t, b, name, "old")
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := b.Put(ended, "a", text(), nil)
	is(t, err, context.Canceled)
	has(t, b, "a", "old")
}

// failingRead is a reader that fails, and then ends.
type failingRead struct{ failed bool }

func (f *failingRead) Read([]byte) (int, error) {
	if f.failed {
		return 0, io.EOF
	}
	f.failed = true
	return 0, errBroken
}

// counting is a reader that returns only this count.
type counting int

func (c counting) Read([]byte) (int, error) { return int(c), nil }

// TestTransformPutFaults: a hook that is missing, fails, or stores less than the whole
// content makes no file. Its stored content is closed.
func TestTransformPutFaults(t *testing.T) {
	type put = func(context.Context, *files.Call, io.Reader, int64,
		*files.PutOptions) (io.Reader, int64, error)
	var late io.Reader
	var cancel func()
	for what, c := range map[string]struct {
		put  put
		want error
	}{
		"missing": {nil, files.ErrInvalid},
		"fails": {func(context.Context, *files.Call, io.Reader, int64,
			*files.PutOptions) (io.Reader, int64, error) {
			return nil, -1, errBroken
		}, errBroken},
		"no content": {func(context.Context, *files.Call, io.Reader, int64,
			*files.PutOptions) (io.Reader, int64, error) {
			return nil, -1, nil
		}, files.ErrInvalid},
		"a part": {func(_ context.Context, _ *files.Call, plain io.Reader, _ int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			late = plain
			return io.LimitReader(plain, 3), -1, nil
		}, files.ErrInvalid},
		"a part of known size": {func(_ context.Context, _ *files.Call, plain io.Reader, _ int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return io.LimitReader(plain, 3), 3, nil
		}, files.ErrInvalid},
		"its own error": {func(_ context.Context, _ *files.Call, plain io.Reader, _ int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return io.MultiReader(plain, &broken{"x", errBroken}), -1, nil
		}, errBroken},
		"reads after the end of the context": {func(_ context.Context, _ *files.Call,
			plain io.Reader, _ int64, _ *files.PutOptions) (io.Reader, int64, error) {
			cancel()
			n, err := plain.Read(make([]byte, 1))
			if n != 0 || err == nil {
				t.Errorf("the plain content returns %d, %v after the end", n, err)
			}
			return nil, -1, err
		}, context.Canceled},
	} {
		store := mem.New(nil)
		b := files.Wrap(store, files.Hooks{Transform: &files.Transform{Put: c.put}})
		var ending context.Context
		ending, cancel = context.WithCancel(ctx)
		_, err := b.Put(ending, "a", strings.NewReader("content"), nil)
		cancel()
		if is(t, err, c.want); t.Failed() {
			t.Fatalf("Put of %s has another error than wanted", what)
		}
		missing(t, store, "a")
	}
	if n, err := late.Read(make([]byte, 1)); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("after the Put, the plain content returns %d, %v, want ErrClosed", n, err)
	}
}

// rereading is a bucket that reads each content twice, as one does that tries again.
type rereading struct {
	files.Bucket
	t *testing.T
}

func (r rereading) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	s, ok := content.(io.Seeker)
	if !ok {
		return files.Info{}, errors.New("the content can't seek")
	}
	io.CopyN(io.Discard, content, 3)
	if at, err := s.Seek(0, io.SeekCurrent); at != 3 || err != nil {
		r.t.Errorf("after 3 bytes the content is at %d, %v", at, err)
	}
	for _, whence := range []int{io.SeekStart, io.SeekCurrent, io.SeekEnd} {
		if _, err := s.Seek(1, whence); !errors.Is(err, files.ErrUnsupported) {
			r.t.Errorf("Seek(1, %d): %v, want ErrUnsupported", whence, err)
		}
	}
	if at, err := s.Seek(3, io.SeekStart); at != 3 || err != nil {
		r.t.Errorf("to where it is: %d, %v", at, err)
	}
	n, _ := io.Copy(io.Discard, content)
	if at, err := s.Seek(0, io.SeekCurrent); at != 3+n || err != nil {
		r.t.Errorf("at the end of %d bytes the content is at %d, %v", 3+n, at, err)
	}
	if at, err := s.Seek(0, io.SeekStart); at != 0 || err != nil {
		return files.Info{}, err
	}
	return r.Bucket.Put(ctx, name, content, opts)
}

// TestTransformPutAgain: a bucket below that begins again gets the content made anew, from
// where the caller's began. Digest and size are those of the second reading. If the
// caller's content can't seek, neither can the stored one.
func TestTransformPutAgain(t *testing.T) {
	store := mem.New(nil)
	puts := 0
	b := files.Wrap(rereading{store, t}, files.Hooks{Transform: stamped(&puts)})
	content := strings.NewReader("skipped, text")
	content.Seek(9, io.SeekStart)
	size := int64(4)
	info, err := b.Put(ctx, "a", content, &files.PutOptions{Size: &size})
	if err != nil || info.Size != 4 || puts != 2 {
		t.Errorf("%+v, %v, begun %d times, want 4 bytes and twice", info, err, puts)
	}
	has(t, store, "a", "#text")
	_, err = b.Put(ctx, "b", iotest.OneByteReader(strings.NewReader("text")), nil)
	if err == nil || !strings.Contains(err.Error(), "can't seek") {
		t.Errorf("a stream: %v, want an error of the bucket below", err)
	}
	_, err = b.Put(ctx, "b", &unrewindable{Reader: strings.NewReader("text")}, nil)
	is(t, err, errBroken)
	missing(t, store, "b")
}

// unrewindable can say where it is, and can't be rewound.
type unrewindable struct{ io.Reader }

func (s *unrewindable) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		return 0, nil
	}
	return 0, errBroken
}

// TestTransformOpenFaults: a hook that is missing, fails or opens nothing is an error of
// Get, and what it opened is closed. All its parts are of one version (G4).
func TestTransformOpenFaults(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "#text")
	type getter = func(context.Context, files.Range) (*files.Reader, error)
	var parts []*files.Reader
	open := func(f func(ctx context.Context, get getter) error) *files.Transform {
		puts := 0
		tr := stamped(&puts)
		tr.Open = func(ctx context.Context, _ *files.Call, _ files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			return files.Info{}, nil, f(ctx, func(ctx context.Context,
				r files.Range) (*files.Reader, error) {
				part, err := get(ctx, r)
				if err == nil {
					parts = append(parts, part)
				}
				return part, err
			})
		}
		return tr
	}
	two := func(change func()) func(context.Context, getter) error {
		return func(ctx context.Context, get getter) error {
			if _, err := get(ctx, files.Bytes(0, 1)); err != nil {
				return err
			}
			change()
			_, err := get(ctx, files.Bytes(1, 1))
			return err
		}
	}
	for what, c := range map[string]struct {
		transform *files.Transform
		opts      files.GetOptions
		want      error
	}{
		"missing": {&files.Transform{}, files.GetOptions{}, files.ErrInvalid},
		"range": {open(two(func() {})), files.GetOptions{Range: files.From(-1)},
			files.ErrInvalid},
		"timeout": {open(two(func() {})), files.GetOptions{ReadTimeout: -1}, files.ErrInvalid},
		"nothing": {open(func(context.Context, getter) error { return nil }),
			files.GetOptions{}, files.ErrUnsupported},
		"fails": {open(func(ctx context.Context, get getter) error {
			get(ctx, files.Range{})
			return errBroken
		}), files.GetOptions{}, errBroken},
		"nil context": {open(func(_ context.Context, get getter) error {
			_, err := get(nil, files.Range{})
			return err
		}), files.GetOptions{}, files.ErrInvalid},
		"replaced": {open(two(func() { put(t, store, "a", "#other") })),
			files.GetOptions{}, files.ErrChanged},
		"deleted": {open(two(func() { store.Delete(ctx, "a", nil) })),
			files.GetOptions{}, files.ErrChanged},
	} {
		put(t, store, "a", "#text")
		parts = nil
		b := files.Wrap(store, files.Hooks{Transform: c.transform})
		r, err := b.Get(ctx, "a", &c.opts)
		if is(t, err, c.want); r != nil || t.Failed() ||
			files.KindOf(err) != files.KindOf(c.want) {
			t.Fatalf("Get of %s has another error than wanted, or a Reader: %v", what, err)
		}
		for _, part := range parts {
			if _, err := part.Read(make([]byte, 1)); !errors.Is(err, files.ErrClosed) {
				t.Errorf("%s: a part is still open: %v, want ErrClosed", what, err)
			}
		}
	}
	put(t, store, "a", "#text")
	b := files.Wrap(store, files.Hooks{Transform: &files.Transform{}})
	_, err := b.Stat(ctx, "a", nil)
	is(t, err, files.ErrInvalid)
}

// unheardOf is an option that no bucket knows.
type unheardOf struct{}

func (unheardOf) NativeOption() string { return "files_test.unheardOf" }
