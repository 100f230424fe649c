package gocloud

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
)

// fake is another author's Go CDK driver: it keeps its files in a bridge over memory,
// and fails as a test requires.
type fake struct {
	driver.Bucket
	inner     files.Bucket
	onRead    func(driver.Reader) driver.Reader // replaces the opened reader
	onOpen    func()                            // before a body is opened
	onClose   func(commit func() error) error   // instead of a writer's Close
	attribute func(*driver.Attributes)
	lists     int
}

func newFake(t *testing.T) *fake {
	m := mem.New(&mem.Options{VersionPerPut: true, TimeResolution: time.Nanosecond})
	t.Cleanup(func() { m.Close() })
	return &fake{Bucket: newBridge(m, nil), inner: m}
}

func (f *fake) Attributes(ctx context.Context, key string) (*driver.Attributes, error) {
	a, err := f.Bucket.Attributes(ctx, key)
	if err == nil && f.attribute != nil {
		f.attribute(a)
	}
	return a, err
}

func (f *fake) ListPaged(ctx context.Context, o *driver.ListOptions) (*driver.ListPage, error) {
	f.lists++
	return f.Bucket.ListPaged(ctx, o)
}

func (f *fake) NewRangeReader(ctx context.Context, key string, off, n int64,
	o *driver.ReaderOptions) (driver.Reader, error) {
	if f.onOpen != nil {
		f.onOpen()
	}
	r, err := f.Bucket.NewRangeReader(ctx, key, off, n, o)
	if err == nil && f.onRead != nil {
		r = f.onRead(r)
	}
	return r, err
}

func (f *fake) NewTypedWriter(ctx context.Context, key, typ string,
	o *driver.WriterOptions) (driver.Writer, error) {
	w, err := f.Bucket.NewTypedWriter(ctx, key, typ, o)
	if err != nil || f.onClose == nil {
		return w, err
	}
	return fakeWriter{w, f}, nil
}

type fakeWriter struct {
	driver.Writer
	f *fake
}

func (w fakeWriter) Close() error { return w.f.onClose(w.Writer.Close) }

// fakeReader replaces the Read of a driver's reader.
type fakeReader struct {
	driver.Reader
	read func(p []byte) (int, error)
}

func (r fakeReader) Read(p []byte) (int, error) { return r.read(p) }

// cloud are the Features of a cloud's driver.
var cloud = &Options{Features: &files.Features{
	Versions:        true,
	ReadConditions:  true,
	OneVersionReads: true,
	Attributes:      true,
	IfAbsent:        true,
	TimeResolution:  time.Second,
}}

// TestUnknownDriver: little is claimed for an unknown driver.
func TestUnknownDriver(t *testing.T) {
	f := New(blob.NewBucket(newFake(t)), nil).Features()
	f.MaxName, f.TimeResolution = 0, 0
	if want := (files.Features{Attributes: true, ForeignKeys: true}); f != want {
		t.Errorf("Features = %+v, want %+v", f, want)
	}
}

// TestReplacedWhileOpened: if the attributes are of one version and the body of the
// next, both are requested again, once, and then the error is ErrChanged (G2, G4).
func TestReplacedWhileOpened(t *testing.T) {
	f := newFake(t)
	b := New(blob.NewBucket(f), cloud)
	replace := func(n int, content string) func() {
		return func() {
			if n--; n >= 0 {
				put(t, f.inner, "f", content, nil)
			}
		}
	}
	for _, c := range []struct {
		name    string
		times   int
		content string
		want    error
	}{
		{"once, longer", 1, "longer", nil},
		{"once, of the same size in the same second", 1, "new", nil},
		// the same content again: the second time the size is right, but not the version
		{"always", 9, "longer", nil},
	} {
		put(t, f.inner, "f", "old", nil)
		f.onOpen = replace(c.times, c.content)
		r, err := b.Get(t.Context(), "f", nil)
		if c.times > 1 {
			if !errors.Is(err, files.ErrChanged) {
				t.Errorf("%s: %v, want ErrChanged", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v, want nil", c.name, err)
			continue
		}
		s, err := r.ReadString()
		if st, _ := b.Stat(t.Context(), "f",
			nil); s != c.content || err != nil || r.Info().Version != st.Version {
			t.Errorf("%s: %q, %v, version %s, now %s, want %q, nil and %q", c.name, s, err,
				r.Info().Version, st.Version, c.content, st.Version)
		}
		r.Close()
	}
}

// TestOldFileIsNotConfirmed: for a file older than a minute, Get is two requests.
func TestOldFileIsNotConfirmed(t *testing.T) {
	f := newFake(t)
	b := New(blob.NewBucket(f), cloud)
	put(t, f.inner, "f", "x", nil)
	for age, want := range map[time.Duration]int{time.Second: 2, time.Hour: 1} {
		asked := 0
		mod := time.Now().Add(-age)
		f.attribute = func(a *driver.Attributes) { asked++; a.ModTime = mod }
		f.onRead = func(r driver.Reader) driver.Reader { r.Attributes().ModTime = mod; return r }
		if get(t, b, "f", nil); asked != want {
			t.Errorf("%v old: %d requests for attributes, want %d", age, asked, want)
		}
	}
}

// TestBrokenBodyResumes: a read resumes after a broken connection, and is ErrChanged if
// the file was replaced (G5).
func TestBrokenBodyResumes(t *testing.T) {
	f := newFake(t)
	b := New(blob.NewBucket(f), cloud)
	content := strings.Repeat("0123456789", 1000)
	put(t, f.inner, "f", content, nil)
	opened := 0
	f.onRead = func(r driver.Reader) driver.Reader {
		opened++
		left := 3000
		return fakeReader{r, func(p []byte) (int, error) {
			if left == 0 {
				return 0, errors.New("read tcp 10.0.0.1: connection reset")
			}
			n, err := r.Read(p[:min(len(p), left)])
			left -= n
			return n, err
		}}
	}
	if got := get(t, b, "f", nil); got != content || opened != 4 {
		t.Errorf("read %d bytes, and opened %d times, want the same %d and 4", len(got), opened,
			len(content))
	}
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.ReadN(100); err != nil {
		t.Fatal(err)
	}
	put(t, f.inner, "f", content, nil)
	if _, err := r.ReadAll(); !errors.Is(err,
		files.ErrChanged) || strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("read after the file was replaced = %v, want ErrChanged and no %q", err,
			"10.0.0.1")
	}
}

// TestCloseDuringRead: Close ends a Read, if the driver's reader obeys its context (G7).
func TestCloseDuringRead(t *testing.T) {
	f := newFake(t)
	put(t, f.inner, "f", "x", nil)
	reading, closed := make(chan struct{}), make(chan struct{})
	var ctx context.Context
	g := &ctxFake{fake: f, opened: func(c context.Context) { ctx = c }}
	b := New(blob.NewBucket(g), cloud)
	f.onRead = func(r driver.Reader) driver.Reader {
		return fakeReader{closeReader{r, closed}, func([]byte) (int, error) {
			close(reading)
			<-ctx.Done()
			return 0, ctx.Err()
		}}
	}
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		failed <- err
	}()
	<-reading
	r.Close()
	if err := <-failed; !errors.Is(err, files.ErrClosed) {
		t.Errorf("Read = %v, want ErrClosed", err)
	}
	<-closed
}

// ctxFake passes on the context of a body.
type ctxFake struct {
	*fake
	opened func(context.Context)
}

func (f *ctxFake) NewRangeReader(ctx context.Context, key string, off, n int64,
	o *driver.ReaderOptions) (driver.Reader, error) {
	f.opened(ctx)
	return f.fake.NewRangeReader(ctx, key, off, n, o)
}

type closeReader struct {
	driver.Reader
	closed chan struct{}
}

func (r closeReader) Close() error { close(r.closed); return r.Reader.Close() }

// TestEarlyCommit: a driver that stores content without having read it to the end is
// detected.
func TestEarlyCommit(t *testing.T) {
	b := New(blob.NewBucket(lazy{newFake(t)}), cloud)
	if _, err := b.Put(t.Context(), "f", strings.NewReader(strings.Repeat("x", 600)),
		nil); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("Put = %v, want ErrCorrupt", err)
	}
}

type lazy struct{ *fake }

func (l lazy) NewTypedWriter(ctx context.Context, key, typ string,
	o *driver.WriterOptions) (driver.Writer, error) {
	w, err := l.Bucket.NewTypedWriter(ctx, key, typ, o)
	return lazyWriter{w}, err
}

type lazyWriter struct{ driver.Writer }

func (w lazyWriter) Upload(r io.Reader) error {
	_, err := io.CopyN(w.Writer, r, 100)
	return err
}

// TestListReadsNoMore: a listing with a limit, or one that ends early, reads no more
// than it needs (L8).
func TestListReadsNoMore(t *testing.T) {
	f := newFake(t)
	b := New(blob.NewBucket(f), nil)
	for _, n := range numbered(50) {
		put(t, f.inner, n, "", nil)
	}
	if got := list(t, b, "", &files.ListOptions{
		Limit:    7,
		PageSize: 5,
	}); len(got) != 7 || f.lists != 2 {
		t.Errorf("List read %d names in %d pages, want 7 and 2", len(got), f.lists)
	}
	f.lists = 0
	for range b.List(t.Context(), "", &files.ListOptions{PageSize: 5}) {
		break
	}
	if f.lists != 1 {
		t.Errorf("the first name took %d pages, want 1", f.lists)
	}
}
