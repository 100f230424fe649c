package cases

import (
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getResumedCases = []suite.Case{
	{
		Rule: "G5",
		Name: "short-body",
		Why:  "a body that the connection cut short must end in an error, not in io.EOF",
		Run:  shortBody,
	},
	{
		Rule:  "G5",
		Name:  "resumed",
		Why:   "a download must go on after its connection breaks",
		Needs: feature.Needs(feature.ReadConditions),
		Run:   resumed,
	},
	{
		Rule:  "G5",
		Name:  "resumed-pinned",
		Why:   "the bytes after a broken connection must be of the same version",
		Needs: feature.Needs(feature.ReadConditions, feature.OneVersionReads),
		Run:   resumedPinned,
	},
	{
		Rule:  "G5",
		Name:  "given-up",
		Why:   "a body whose connections return nothing, again and again, must end in an error",
		Needs: feature.Needs(feature.ReadConditions),
		Run:   resumedGivenUp,
	},
}

// ending ends the body after n bytes, like a broken connection that is not noticed.
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
			t.Errorf("a body that ended after %d of %d bytes: got no error, want one", at, len(c))
		}
		if d := check.Diff(p, c[:min(len(p), at)]); d != "" {
			t.Errorf("a body that ended after %d bytes %s", at, d)
		}
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 5000)})
		if err != nil {
			t.Fatalf("Get: %v, want no error", err)
		}
		if _, err := r.WriteTo(io.Discard); err == nil {
			t.Errorf("WriteTo of a body that ended after %d of %d bytes: got no error, want one",
				at, len(c))
		}
		r.Close()
	}
}

// cut makes connections break after n bytes, or skips the case if the harness can't.
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
		if n == 1 && len(c) > 300 { // a connection for each byte: a short file is enough
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
	const size = 300_000 // more than a decrypting wrapper reads ahead
	for what, change := range map[string]func(){
		"replaced": func() { check.Put(t, h, "a", check.Content(2, size), nil) },
		"deleted":  func() { check.Remove(t, h, "a") },
	} {
		old := check.Content(1, size)
		check.Put(t, h, "a", old, nil)
		cut(t, h, 1000)
		r := open(t, h, "a", nil)
		first, err := r.ReadN(500)
		if err != nil {
			t.Fatalf("ReadN: %v, want no error", err)
		}
		change()
		rest, err := r.ReadAll()
		if !check.IsAny(err, files.ErrChanged) {
			t.Errorf("a file that was %s before its connection broke: got %s after %d bytes, "+
				"want ErrChanged", what, check.ErrText(err), len(rest)+500)
		}
		got := append(first, rest...)
		if d := check.Diff(got, old[:min(len(got), len(old))]); d != "" {
			t.Errorf("the part that was read of a file that was %s %s", what, d)
		}
		cut(t, h, -1)
	}
}

func resumedGivenUp(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	cut(t, h, 0)
	p, _, err := check.Read(t.Context(), h, "a", nil)
	check.WantErr(t, "reading over connections that return nothing", err, files.ErrUnavailable)
	if len(p) != 0 {
		t.Errorf("reading over connections that return nothing returned %d bytes, want none",
			len(p))
	}
	cut(t, h, -1)
	check.WantContent(t, h, "a", check.Content(1, 5000))
}
