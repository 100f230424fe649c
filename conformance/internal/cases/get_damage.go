package cases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var damageCases = []suite.Case{
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
		Needs: feature.Needs(feature.ReadConditions),
		Run:   resumed,
	},
	{
		Rule:  "G5",
		Name:  "resumed-pinned",
		Why:   "what is fetched after the break must be of the same file",
		Needs: feature.Needs(feature.ReadConditions, feature.OneVersionReads),
		Run:   resumedPinned,
	},
	{
		Rule:  "G5",
		Name:  "given-up",
		Why:   "a connection that gives nothing, again and again, must end in an error",
		Needs: feature.Needs(feature.ReadConditions),
		Run:   resumedGivenUp,
	},
	{
		Rule:    "G6",
		Name:    "damage",
		Why:     "a disk that lost a bit must not be believed",
		Needs:   feature.Needs(feature.Digests),
		Largest: 2 << 20,
		Run:     damage,
	},
	{
		Rule:    "G6",
		Name:    "damage-on-the-way",
		Why:     "damage between the store and the reader is damage too",
		Needs:   feature.Needs(feature.Digests),
		Largest: 2 << 20,
		Run:     damageOnTheWay,
	},
	{
		Rule:  "G6",
		Name:  "not-checked",
		Why:   "a range, and a read that skips the check, must still work",
		Needs: feature.Needs(feature.Digests),
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

func shortBody(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	for _, at := range []int{0, 1, 4999} {
		b := bodies(h, func(r io.Reader) io.Reader { return &ending{r, at} })
		p, _, err := check.Read(t.Context(), b, "a", nil)
		if err == nil {
			t.Errorf("a body that ended after %d of %d bytes: no error", at, len(c))
		}
		if d := check.Diff(p, c[:min(len(p), at)]); d != "" {
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
func cut(t suite.T, h *suite.H, n int64) {
	t.Helper()
	if h.Harness.Cut == nil {
		t.Skipf("the harness can't cut connections")
	}
	h.Harness.Cut(t, h.Bucket, n)
}

func resumed(t suite.T, h *suite.H) {
	c := check.Content(1, 10_000)
	check.Put(t, h, "a", c, nil)
	for _, n := range []int64{1000, 1, 4999, 9999, 10_000, -1} {
		if n == 1 && len(c) > 300 { // each byte a connection: a short file will do
			check.Put(t, h, "a", c[:300], nil)
		} else {
			check.Put(t, h, "a", c, nil)
		}
		cut(t, h, n)
		p, info := check.Get(t, h, "a", nil)
		if d := check.Diff(p, c[:info.Size]); d != "" {
			t.Errorf("read over connections that break after %d bytes, the content %s", n, d)
		}
		wantRange(t, h, "a", c[:info.Size], files.Bytes(100, 150))
		wantRange(t, h, "a", c[:info.Size], files.Last(77))
	}
}

func resumedPinned(t suite.T, h *suite.H) {
	for what, change := range map[string]func(){
		"replaced": func() { check.Put(t, h, "a", check.Content(2, 10_000), nil) },
		"deleted":  func() { check.Remove(t, h, "a") },
	} {
		old := check.Content(1, 10_000)
		check.Put(t, h, "a", old, nil)
		cut(t, h, 1000)
		r := open(t, h, "a", nil)
		first, err := r.ReadN(500)
		if err != nil {
			t.Fatalf("ReadN: %v", err)
		}
		change()
		rest, err := r.ReadAll()
		if !check.IsAny(err, files.ErrChanged) {
			t.Errorf("a file that was %s before its connection broke: got %s after %d bytes, "+
				"want ErrChanged", what, check.ErrText(err), len(rest)+500)
		}
		got := append(first, rest...)
		if d := check.Diff(got, old[:min(len(got), len(old))]); d != "" {
			t.Errorf("what was read of a file that was %s %s", what, d)
		}
		cut(t, h, -1)
	}
}

func resumedGivenUp(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	cut(t, h, 0)
	p, _, err := check.Read(t.Context(), h, "a", nil)
	check.WantErr(t, "reading over connections that give nothing", err, files.ErrUnavailable)
	if len(p) != 0 {
		t.Errorf("connections that give nothing gave %d bytes", len(p))
	}
	cut(t, h, -1)
	check.WantContent(t, h, "a", check.Content(1, 5000))
}

// bodies returns the bucket with the bodies of its files changed.
func bodies(h *suite.H, change func(io.Reader) io.Reader) files.Bucket {
	return files.Wrap(h.Bucket, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return change(r)
		},
	})
}

func damage(t suite.T, h *suite.H) {
	if h.Harness.Damage == nil {
		t.Skipf("the harness can't damage a file")
	}
	for i, size := range []int{1, 100, 5000, 2 << 20} {
		name := fmt.Sprintf("d/f%d", i)
		c := check.Content(i, size)
		check.Put(t, h, name, c, nil)
		h.Harness.Damage(t, h.Bucket, name)
		wantDamage(t, h, name, c)
	}
}

// wantDamage fails where a whole read of a damaged file ends well, or hands out its
// last bytes.
func wantDamage(t suite.T, b files.Bucket, name string, c []byte) {
	t.Helper()
	p, _, err := check.Read(t.Context(), b, name, nil)
	check.WantErr(t, fmt.Sprintf("reading the damaged %q of %d bytes", name, len(c)), err,
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
	check.WantErr(t, "WriteTo of the damaged file", err, files.ErrCorrupt)
	if n, again := r.Read(make([]byte, 10)); n != 0 || !errors.Is(again, files.ErrCorrupt) {
		t.Errorf("Read after ErrCorrupt: %d bytes and %v, want the error again", n, again)
	}
}

func damageOnTheWay(t suite.T, h *suite.H) {
	for i, size := range []int{1, 100, 2 << 20} {
		name, c := fmt.Sprintf("f%d", i), check.Content(i, size)
		check.Put(t, h, name, c, nil)
		for _, at := range []int{0, size / 2, size - 1} {
			wantDamage(t, bodies(h, func(r io.Reader) io.Reader {
				return check.Flip(r, at)
			}), name, c)
		}
		check.WantContent(t, h, name, c)
	}
}

func damageUnchecked(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	b := bodies(h, func(r io.Reader) io.Reader { return check.Flip(r, 10) })
	for what, o := range map[string]*files.GetOptions{
		"a range":    {Range: files.Bytes(0, 4999)},
		"SkipVerify": {SkipVerify: true},
	} {
		if p, _, err := check.Read(t.Context(), b, "a", o); err != nil || len(p) < 4999 {
			t.Errorf("reading a damaged file by %s: %d bytes, %v, want no error", what, len(p), err)
		}
	}
}
