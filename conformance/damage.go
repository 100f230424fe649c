package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"cloudfiles.dev/files"
)

var damageCases = []Case{
	{
		Rule: "G5",
		Name: "short-body",
		Why:  "a connection that was cut must not pass for the end of the file",
		Run:  shortBody,
	},
	{
		Rule:  "G5",
		Name:  "resumed",
		Why:   "a download of hours must survive a connection that breaks",
		Needs: needs(readCondition),
		Run:   resumed,
	},
	{
		Rule:  "G5",
		Name:  "resumed-pinned",
		Why:   "what is fetched after the break must be of the same file",
		Needs: needs(readCondition, oneVersion),
		Run:   resumedPinned,
	},
	{
		Rule:  "G5",
		Name:  "given-up",
		Why:   "a connection that gives nothing, again and again, must end in an error",
		Needs: needs(readCondition),
		Run:   resumedGivenUp,
	},
	{
		Rule:    "G6",
		Name:    "damage",
		Why:     "a disk that lost a bit must not be believed",
		Needs:   needs(digests),
		Largest: 2 << 20,
		Run:     damage,
	},
	{
		Rule:    "G6",
		Name:    "damage-on-the-way",
		Why:     "damage between the store and the reader is damage too",
		Needs:   needs(digests),
		Largest: 2 << 20,
		Run:     damageOnTheWay,
	},
	{
		Rule:  "G6",
		Name:  "not-checked",
		Why:   "a range, and a read that skips the check, must still work",
		Needs: needs(digests),
		Run:   damageUnchecked,
	},
}

// ending ends the body after n bytes, as a connection does that breaks and isn't looked
// at.
type ending struct {
	io.Reader
	n int
}

func (c *ending) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, io.EOF
	}
	n, err := c.Reader.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

func shortBody(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	for _, at := range []int{0, 1, 4999} {
		b := bodies(h, func(r io.Reader) io.Reader { return &ending{r, at} })
		p, _, err := read(t.Context(), b, "a", nil)
		if err == nil {
			t.Errorf("a body that ended after %d of %d bytes: no error", at, len(c))
		}
		if d := diff(p, c[:min(len(p), at)]); d != "" {
			t.Errorf("a body that ended after %d bytes %s", at, d)
		}
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 5000)})
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		if _, err := r.WriteTo(io.Discard); err == nil {
			t.Errorf("WriteTo of a body that ended after %d of %d bytes: no error", at, len(c))
		}
		r.Close()
	}
}

// cut makes connections break.
func (h *H) cut(t T, n int64) {
	t.Helper()
	if h.harness.Cut == nil {
		t.Skipf("the harness can't cut connections")
	}
	h.harness.Cut(t, h.Bucket, n)
}

func resumed(t T, h *H) {
	c := content(1, 10_000)
	put(t, h, "a", c, nil)
	for _, n := range []int64{1000, 1, 4999, 9999, 10_000, -1} {
		if n == 1 && len(c) > 300 { // each byte a connection: a short file will do
			put(t, h, "a", c[:300], nil)
		} else {
			put(t, h, "a", c, nil)
		}
		h.cut(t, n)
		p, info := get(t, h, "a", nil)
		if d := diff(p, c[:info.Size]); d != "" {
			t.Errorf("read over connections that break after %d bytes, the content %s", n, d)
		}
		wantRange(t, h, "a", c[:info.Size], files.Bytes(100, 150))
		wantRange(t, h, "a", c[:info.Size], files.Last(77))
	}
}

func resumedPinned(t T, h *H) {
	for what, change := range map[string]func(){
		"replaced": func() { put(t, h, "a", content(2, 10_000), nil) },
		"deleted":  func() { remove(t, h, "a") },
	} {
		old := content(1, 10_000)
		put(t, h, "a", old, nil)
		h.cut(t, 1000)
		r := open(t, h, "a", nil)
		first, err := r.ReadN(500)
		if err != nil {
			t.Fatalf("ReadN: %v", err)
		}
		change()
		rest, err := r.ReadAll()
		if !isAny(err, files.ErrChanged) {
			t.Errorf("a file that was %s before its connection broke: got %s after %d bytes, "+
				"want ErrChanged", what, errText(err), len(rest)+500)
		}
		got := append(first, rest...)
		if d := diff(got, old[:min(len(got), len(old))]); d != "" {
			t.Errorf("what was read of a file that was %s %s", what, d)
		}
		h.cut(t, -1)
	}
}

func resumedGivenUp(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	h.cut(t, 0)
	p, _, err := read(t.Context(), h, "a", nil)
	wantErr(t, "reading over connections that give nothing", err, files.ErrUnavailable)
	if len(p) != 0 {
		t.Errorf("connections that give nothing gave %d bytes", len(p))
	}
	h.cut(t, -1)
	wantContent(t, h, "a", content(1, 5000))
}

// bodies returns the bucket with the bodies of its files changed.
func bodies(h *H, change func(io.Reader) io.Reader) files.Bucket {
	return files.Wrap(h.Bucket, files.Hooks{
		Body: func(_ ctx, _ *files.Call, r io.Reader) io.Reader {
			return change(r)
		},
	})
}

func damage(t T, h *H) {
	if h.harness.Damage == nil {
		t.Skipf("the harness can't damage a file")
	}
	for i, size := range []int{1, 100, 5000, 2 << 20} {
		name := fmt.Sprintf("d/f%d", i)
		c := content(i, size)
		put(t, h, name, c, nil)
		h.harness.Damage(t, h.Bucket, name)
		wantDamage(t, h, name, c)
	}
}

// wantDamage fails where a whole read of a damaged file ends well, or hands out its
// last bytes.
func wantDamage(t T, b files.Bucket, name string, c []byte) {
	t.Helper()
	p, _, err := read(t.Context(), b, name, nil)
	wantErr(t, fmt.Sprintf("reading the damaged %q of %d bytes", name, len(c)), err,
		files.ErrCorrupt)
	if len(p) >= len(c) {
		t.Errorf("all %d bytes of the damaged %q were handed out, want the last ones held back",
			len(p), name)
	}
	var buf bytes.Buffer
	r, err := b.Get(t.Context(), name, nil)
	if err != nil {
		if !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("Get: %v", err)
		}
		return
	}
	defer r.Close()
	_, err = r.WriteTo(&buf)
	wantErr(t, "WriteTo of the damaged file", err, files.ErrCorrupt)
	if n, again := r.Read(make([]byte, 10)); n != 0 || !errors.Is(again, files.ErrCorrupt) {
		t.Errorf("Read after ErrCorrupt: %d bytes and %v, want the error again", n, again)
	}
}

// flip changes the byte at the offset.
func flip(r io.Reader, at int) io.Reader {
	pos := 0
	return readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		if i := at - pos; i >= 0 && i < n {
			p[i] ^= 1
		}
		pos += n
		return n, err
	})
}

func damageOnTheWay(t T, h *H) {
	for i, size := range []int{1, 100, 2 << 20} {
		name, c := fmt.Sprintf("f%d", i), content(i, size)
		put(t, h, name, c, nil)
		for _, at := range []int{0, size / 2, size - 1} {
			wantDamage(t, bodies(h, func(r io.Reader) io.Reader { return flip(r, at) }), name, c)
		}
		wantContent(t, h, name, c)
	}
}

func damageUnchecked(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	b := bodies(h, func(r io.Reader) io.Reader { return flip(r, 10) })
	for what, o := range map[string]*files.GetOptions{
		"a range":    {Range: files.Bytes(0, 4999)},
		"SkipVerify": {SkipVerify: true},
	} {
		if p, _, err := read(t.Context(), b, "a", o); err != nil || len(p) < 4999 {
			t.Errorf("reading a damaged file by %s: %d bytes, %v, want no error", what, len(p), err)
		}
	}
}
