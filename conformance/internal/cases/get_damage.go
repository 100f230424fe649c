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

var getDamageCases = []suite.Case{
	{
		Rule:    "G6",
		Name:    "damage",
		Why:     "content that the store has damaged must be ErrCorrupt",
		Needs:   feature.Needs(feature.Digests),
		Largest: 2 << 20,
		Run:     damage,
	},
	{
		Rule:    "G6",
		Name:    "damage-on-the-way",
		Why:     "content that is damaged on the way to the reader must be ErrCorrupt",
		Needs:   feature.Needs(feature.Digests),
		Largest: 2 << 20,
		Run:     damageOnTheWay,
	},
	{
		Rule:  "G6",
		Name:  "not-checked",
		Why:   "a range, and a read without the check, must work although no digest is compared",
		Needs: feature.Needs(feature.Digests),
		Run:   damageUnchecked,
	},
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

// wantDamage fails the case if a whole read of a damaged file succeeds, or returns the
// last bytes.
func wantDamage(t suite.T, b files.Bucket, name string, c []byte) {
	t.Helper()
	p, _, err := check.Read(t.Context(), b, name, nil)
	check.WantErr(t, fmt.Sprintf("reading the damaged %q of %d bytes", name, len(c)), err,
		files.ErrCorrupt)
	if len(p) >= len(c) {
		t.Errorf("all %d bytes of the damaged %q were returned, want the last ones held back",
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
