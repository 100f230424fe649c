package mem_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func read(t *testing.T, b files.Bucket, name string) string {
	t.Helper()
	r, err := b.Get(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.ReadString()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, b files.Bucket, name, content string) files.Info {
	t.Helper()
	info, err := b.Put(t.Context(), name, strings.NewReader(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestSnapshots: a body and a listing stay what they were when they began, whatever
// happens meanwhile, Close included (G4, L9, X3).
func TestSnapshots(t *testing.T) {
	b := mem.New(nil)
	for _, name := range []string{"a", "b", "c", "d"} {
		put(t, b, name, "old "+name)
	}
	open := func(name string) *files.Reader {
		r, err := b.Get(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if chunk, err := r.ReadN(1); err != nil || string(chunk) != "o" {
			t.Fatalf(`ReadN(1) = %q, %v, want "o"`, chunk, err)
		}
		return r
	}
	replaced, deleted := open("a"), open("b")
	put(t, b, "a", "NEWER")
	if err := b.Delete(t.Context(), "b", nil); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, e.Name)
		if err := b.Delete(t.Context(), "d", nil); err != nil {
			t.Fatal(err)
		}
		put(t, b, "e", "")
	}
	if !slices.Equal(seen, []string{"a", "c", "d"}) {
		t.Errorf("the listing has %q, want a, c and d", seen)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*files.Reader]string{replaced: "ld a", deleted: "ld b"} {
		if got, err := r.ReadString(); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNamedBuckets(t *testing.T) {
	open := func(url string) files.Bucket {
		b, err := files.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, b := open("mem://TestNamedBuckets"), mem.Open("TestNamedBuckets")
	put(t, a, "x", "shared")
	if got := read(t, b, "x"); got != "shared" {
		t.Fatalf(`the bucket of the same name contains %q, want "shared"`, got)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Stat(t.Context(), "x", nil); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Stat after Close = %v, want ErrClosed", err)
	}
	if got := read(t, open("mem://TestNamedBuckets/?nomd5=true"), "x"); got != "shared" {
		t.Errorf(`the bucket opened again contains %q, want "shared"`, got)
	}
	put(t, mem.Open("TestNamedBuckets/with/slashes"), "x", "deep")
	if got := read(t, open("mem://TestNamedBuckets/with/slashes"), "x"); got != "deep" {
		t.Errorf(`the bucket whose name has slashes contains %q, want "deep"`, got)
	}
	for _, other := range []files.Bucket{
		open("mem://"), open("mem://"), mem.New(nil), mem.Open(""), open("mem://testnamedbuckets"),
		open("mem://TestNamedBuckets/sub"),
	} {
		if _, err := other.Stat(t.Context(), "x", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("another bucket: %v, want ErrNotExist", err)
		}
		put(t, other, "x", "other")
		defer other.Delete(t.Context(), "x", nil) // so that the test can run again
	}
	if got := read(t, b, "x"); got != "shared" {
		t.Errorf(`after changes of other buckets x contains %q, want "shared"`, got)
	}
}

func TestBadURL(t *testing.T) {
	for url, want := range map[string]string{
		"mem:name":       "write mem:// for a new bucket",
		"mem://u:p@name": "no password",
		"mem://name?x=1": `unknown parameter "x"`,
	} {
		_, err := files.Open(t.Context(), url)
		if !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(),
			want) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

// TestCopyBetween: a copy between two buckets in memory obeys the target's limit and
// conditions, and stays what it was when its source is replaced.
func TestCopyBetween(t *testing.T) {
	small, large := mem.New(&mem.Options{MaxSize: 3}), mem.New(nil)
	put(t, large, "a.png", "four")
	put(t, large, "b.png", "333")
	if _, err := files.Copy(t.Context(), small, "a.png", large, "a.png",
		nil); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	if _, err := files.Copy(t.Context(), small, "b", large, "b.png",
		&files.CopyOptions{IfSource: "none"}); !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("%v, want ErrPrecondition", err)
	}
	info, err := files.Copy(t.Context(), small, "b", large, "b.png", &files.CopyOptions{
		If:       files.IfAbsent(),
		FullInfo: true,
	})
	if err != nil || info.ContentType != "image/png" || info.Name != "b" || info.Size != 3 {
		t.Errorf("Copy = %+v, %v, want b of 3 bytes and image/png", info, err)
	}
	if _, err := files.Copy(t.Context(), small, "b", large, "b.png",
		&files.CopyOptions{If: files.IfAbsent()}); !errors.Is(err, files.ErrExist) {
		t.Errorf("%v, want ErrExist", err)
	}
	put(t, large, "b.png", "new")
	if got := read(t, small, "b"); got != "333" {
		t.Errorf(`after a Put of the source the copy contains %q, want "333"`, got)
	}
}

func TestMaxSize(t *testing.T) {
	b := mem.New(&mem.Options{MaxSize: 4})
	if b.Features().MaxSize != 4 || mem.New(&mem.Options{MaxSize: -1}).Features().MaxSize != 0 {
		t.Error("Features().MaxSize isn't Options.MaxSize, or 0 for a negative one")
	}
	put(t, b, "a", "four")
	for _, content := range []io.Reader{
		strings.NewReader("five!"), iotest.OneByteReader(strings.NewReader("five!")),
	} {
		if _, err := b.Put(t.Context(), "a", content, nil); !errors.Is(err, files.ErrTooLarge) {
			t.Errorf("%v, want ErrTooLarge", err)
		}
	}
	if got := read(t, b, "a"); got != "four" {
		t.Errorf(`after refused Puts a contains %q, want "four"`, got)
	}
}

// TestFailedPut: if anything is wrong with the content, the old file is kept (P2).
func TestFailedPut(t *testing.T) {
	failure := errors.New("failure")
	cancelled, cancel := context.WithCancel(t.Context())
	long := strings.Repeat("x", 700_000)
	five := int64(5)
	for what, c := range map[string]struct {
		ctx     context.Context
		content io.Reader
		opts    *files.PutOptions
		want    error
	}{
		"reader fails": {t.Context(), io.MultiReader(strings.NewReader(long),
			iotest.ErrReader(failure)), nil, failure},
		"fails at once": {t.Context(), iotest.ErrReader(failure), nil, failure},
		"cancelled inside": {
			cancelled,
			io.MultiReader(strings.NewReader(long), readerFunc(func([]byte) (int, error) {
				cancel()
				return 0, io.EOF
			})),
			nil,
			context.Canceled,
		},
		"too short": {
			t.Context(), strings.NewReader("four"), &files.PutOptions{Size: &five},
			files.ErrCorrupt,
		},
		"too long": {
			t.Context(), strings.NewReader("six666"), &files.PutOptions{Size: &five},
			files.ErrCorrupt,
		},
		"wrong digest": {
			t.Context(), strings.NewReader("five!"),
			&files.PutOptions{Digest: files.Digest{CRC32C: "00000000"}}, files.ErrCorrupt,
		},
	} {
		b := mem.New(nil)
		old := put(t, b, "a", "old")
		if _, err := b.Put(c.ctx, "a", c.content, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		if info, err := b.Stat(t.Context(), "a",
			nil); err != nil || info.Version != old.Version || read(t, b, "a") != "old" {
			t.Errorf("%s: a is %+v, %v, want the old version and content", what, info, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestSynctest: a bucket works in a bubble of synctest, where time moves only when
// everything waits, and leaves no goroutine.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(&mem.Options{PutTime: true})
		start := time.Now()
		first := put(t, b, "a", "1")
		<-time.After(time.Hour)
		second := put(t, b, "a", "2")
		if !first.ModTime.Equal(start) || second.ModTime.Sub(first.ModTime) != time.Hour {
			t.Errorf("%v, %v, started %v", first.ModTime, second.ModTime, start)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := b.Get(ctx, "a", &files.GetOptions{ReadTimeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if _, err := r.ReadAll(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the deadline", err)
		}
		r.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestClock(t *testing.T) {
	now := time.Date(2024, 2, 29, 12, 0, 0, 123, time.FixedZone("", 3600))
	b := mem.New(&mem.Options{
		Clock:          func() time.Time { return now },
		PutTime:        true,
		TimeResolution: time.Nanosecond,
	})
	want := time.Date(2024, 2, 29, 11, 0, 0, 123, time.UTC)
	if info := put(t, b, "a", ""); info.ModTime != want {
		t.Errorf("%v, want %v", info.ModTime, want)
	}
	if info := put(t, mem.New(&mem.Options{PutTime: true}), "a",
		""); info.ModTime != info.ModTime.Round(0) || info.ModTime.Location() != time.UTC {
		t.Errorf("%#v has a monotonic reading or a zone", info.ModTime)
	}
}

// TestVersions: versions of different content differ in different buckets too, and are
// printable.
func TestVersions(t *testing.T) {
	a, b := put(t, mem.New(nil), "x", "one"), put(t, mem.New(nil), "x", "two")
	if a.Version == b.Version {
		t.Errorf("%q and %q", a.Version, b.Version)
	}
	for _, c := range a.Version {
		if c <= ' ' || c > '~' || c == '"' || c == '\'' {
			t.Errorf("version %q", a.Version)
		}
	}
}

func TestDigests(t *testing.T) {
	b := mem.New(&mem.Options{GivenDigests: true})
	const md5 = "5d41402abc4b2a76b9719d911017c592" // of "hello"
	put(t, b, "plain", "hello")
	if _, err := b.Put(t.Context(), "md5", strings.NewReader("hello"),
		&files.PutOptions{Digest: files.Digest{MD5: strings.ToUpper(md5)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Copy(t.Context(), b, "copy", b, "md5",
		&files.CopyOptions{Attributes: &files.Attributes{ContentType: "x/y"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]files.Digest{
		"plain": {CRC32C: "9a71bb4c"},
		"md5":   {CRC32C: "9a71bb4c", MD5: md5},
		"copy":  {CRC32C: "9a71bb4c", MD5: md5},
	} {
		if info, err := b.Stat(t.Context(), name, nil); err != nil || info.Digest != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Digest, err, want)
		}
	}
}

func TestDeleteDir(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, 2_500, true, nil)
	put(t, b, "dir-0001", "")
	res, err := files.DeleteDir(t.Context(), b, "dir-0001")
	if err != nil || res.Deleted != 1_000 {
		t.Fatalf("DeleteDir = %+v, %v, want 1,000 deleted", res, err)
	}
	if got := listNames(t, b, "",
		files.ListOptions{Shallow: true}); !slices.Equal(got,
		[]string{"dir-0000/", "dir-0001", "dir-0002/"}) {
		t.Errorf("the shallow listing has %q, want dir-0000/, dir-0001 and dir-0002/", got)
	}
}
