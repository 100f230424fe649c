package cases

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putSourceLaterCases = []suite.Case{
	{
		Rule:    "P12",
		Name:    "not-read-later",
		Why:     "a Put must not read the caller's reader after it has returned",
		Largest: 2 << 20,
		Run:     putNotReadLater,
	},
	{
		Rule: "P12",
		Name: "wrong-size",
		Why: "content whose Size or Seek is wrong, or a file that grows or reports no size, " +
			"must be stored as it is read, or not at all",
		Run: putWrongSize,
	},
}

// putNotReadLater checks that contents are not read after their Put has returned, for
// Puts that succeed and Puts that fail in all ways.
func putNotReadLater(t suite.T, h *suite.H) {
	large, small := check.Content(1, 2<<20), check.Content(2, 5000)
	check.Put(t, h, "old", check.Content(3, 10), nil)
	stale := check.Stat(t, h, "old").Version
	check.Put(t, h, "old", check.Content(4, 10), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if streams := h.F.MaxUnknownSize; streams > 0 && streams < int64(len(large)) {
		large = large[:streams]
	}
	type put struct {
		what    string
		name    string
		content io.Reader
		opts    files.PutOptions
		ctx     context.Context
		want    error
	}
	puts := []put{
		{what: "of 2 MiB", name: "a", content: bytes.NewReader(large)},
		{what: "of 5,000 bytes", name: "a", content: bytes.NewReader(small)},
		{
			what:    "of a reader that fails",
			name:    "a",
			content: check.Failing(large[:len(large)/2], false, check.ErrReader),
			want:    check.ErrReader,
		},
		{
			what:    "of more than was declared",
			name:    "a",
			content: bytes.NewReader(large),
			opts:    files.PutOptions{Size: new(int64(len(large) / 2))},
			want:    files.ErrCorrupt,
		},
		{
			what:    "of another digest",
			name:    "a",
			content: bytes.NewReader(small),
			opts:    files.PutOptions{Digest: files.Digest{MD5: allDigests(nil).MD5}},
			want:    files.ErrCorrupt,
		},
		{
			what:    "of an illegal name",
			name:    "a//b",
			content: bytes.NewReader(small),
			want:    files.ErrInvalidName,
		},
		{
			what:    "of a negative size",
			name:    "a",
			content: bytes.NewReader(small),
			opts:    files.PutOptions{Size: new(int64(-1))},
			want:    files.ErrInvalid,
		},
		{
			what:    "whose context has ended",
			name:    "a",
			content: bytes.NewReader(small),
			ctx:     ctx,
			want:    context.Canceled,
		},
	}
	if h.F.IfAbsent {
		for _, c := range [][]byte{small, large} {
			puts = append(puts, put{
				what:    fmt.Sprintf("of %d bytes with IfAbsent over a file", len(c)),
				name:    "old",
				content: bytes.NewReader(c),
				opts:    files.PutOptions{If: files.IfAbsent()},
				want:    files.ErrExist,
			})
		}
	}
	if h.F.IfVersion && stale != "" {
		for _, c := range [][]byte{small, large} {
			puts = append(puts, put{
				what:    fmt.Sprintf("of %d bytes over another version", len(c)),
				name:    "old",
				content: bytes.NewReader(c),
				opts:    files.PutOptions{If: files.IfVersion(stale)},
				want:    files.ErrPrecondition,
			})
		}
	}
	midway, cancelMidway := context.WithCancel(t.Context())
	defer cancelMidway()
	puts = append(puts, put{
		what:    "whose context ends midway",
		name:    "a",
		content: check.Hook(large, len(large)/2, cancelMidway),
		ctx:     midway,
		want:    context.Canceled,
	})
	quiet := quietly(t)
	for _, p := range puts {
		if p.ctx == nil {
			p.ctx = t.Context()
		}
		returned := make(chan struct{})
		_, err := h.Put(p.ctx, p.name, check.ReaderFunc(func(b []byte) (int, error) {
			select {
			case <-returned:
				t.Errorf("the content of a Put %s is read after the Put has returned", p.what)
			default:
			}
			return p.content.Read(b)
		}), &p.opts)
		close(returned)
		if p.want == nil && err != nil || !check.IsAny(err, p.want) && p.want != nil {
			t.Errorf("Put %s: got %s, want %v", p.what, check.ErrText(err), p.want)
		}
		runtime.Gosched()
	}
	quiet()
	check.WantOnly(t, h, "a", "old")
}

// quietTime is the longest time that a case waits for what a call left running.
const quietTime = time.Second

// quietly returns a function that waits, only for a moment, until no more goroutines of
// the case run than now: a pool of connections may have grown.
func quietly(t suite.T) (wait func()) {
	label, ok := suite.LabelOf(t.Context())
	if !ok {
		return func() {}
	}
	_, before := stacks.Labelled(label)
	return func() {
		deadline := time.Now().Add(quietTime)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if _, n := stacks.Labelled(label); n <= before || time.Now().After(deadline) {
				return
			}
			<-tick.C
		}
	}
}

// sizing is content that reports its own size by Size.
type sizing struct {
	io.Reader
	n int64
}

func (s *sizing) Size() int64 { return s.n }

// seeking is content that reports a position and can't change it.
type seeking struct {
	io.Reader
	at, end int64
	err     error
}

func (s *seeking) Seek(_ int64, whence int) (int64, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case whence == io.SeekEnd:
		return s.end, nil
	}
	return s.at, nil
}

func putWrongSize(t suite.T, h *suite.H) {
	c := check.Content(1, check.LiarSize)
	fresh := func() io.Reader { return bytes.NewReader(c) }
	contents := map[string]io.Reader{
		"of which Seek fails": &seeking{Reader: fresh(), err: check.ErrReader},
	}
	for _, n := range []int64{
		-1, 0, 1, check.LiarSize - 1, check.LiarSize + 1, 1 << 50, math.MaxInt64, math.MinInt64,
	} {
		contents[fmt.Sprintf("whose Size is %d", n)] = &sizing{fresh(), n}
		contents[fmt.Sprintf("whose end is at %d, by Seek", n)] = &seeking{Reader: fresh(), end: n}
		contents[fmt.Sprintf("whose position is %d, by Seek", n)] = &seeking{
			Reader: fresh(),
			at:     n,
			end:    check.LiarSize,
		}
	}
	wantStored(t, h, contents, c)
	// A file that reports no size, as those of /proc do.
	if f, err := os.Open("/proc/version"); err == nil {
		defer f.Close()
		if text, err := os.ReadFile("/proc/version"); err == nil && len(text) > 0 {
			wantStored(t, h, map[string]io.Reader{"of a file that reports no size": f}, text)
		}
	}
}

// wantStored puts the contents, each of which is c, and requires that each is stored
// whole or not at all.
func wantStored(t suite.T, h *suite.H, contents map[string]io.Reader, c []byte) {
	t.Helper()
	for what, content := range contents {
		what = fmt.Sprintf("Put of %d bytes, %s", len(c), what)
		err, ok := check.Calm(t, what, func() error {
			_, err := h.Put(t.Context(), "a", content, nil)
			return err
		})
		switch {
		case !ok:
		case err == nil:
			got, _, err := check.Read(t.Context(), h, "a", nil)
			if d := check.Diff(got, c); err != nil || d != "" {
				t.Errorf("%s: %v, and the content %s", what, err, d)
			}
			check.Remove(t, h, "a")
		default:
			check.WantOnly(t, h)
		}
		h.Clean(t, what)
	}
}
