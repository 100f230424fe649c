package cases

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putLengthsCases = []suite.Case{
	{
		Rule: "P10",
		Name: "boasted-size",
		Why:  "no memory may be allocated for a declared size before the content has come",
		Run:  putBoasted,
	},
	{
		Rule: "P12",
		Name: "wrong-len",
		Why:  "content with a wrong Len must be stored as it is read, or refused",
		Run:  putWrongLen,
	},
}

// boasted are sizes that no bucket can hold.
var boasted = []int64{
	math.MaxInt64, math.MaxInt64 - 1, 1 << 62, 1 << 50, check.LiarSize + 1, check.LiarSize - 1,
}

func putBoasted(t suite.T, h *suite.H) {
	old := check.Content(2, 100)
	check.Put(t, h, "old", old, nil)
	for _, n := range boasted {
		for _, name := range []string{"old", "new"} {
			what := fmt.Sprintf("Put(%q) of %d bytes as %d", name, check.LiarSize, n)
			err, ok := check.Calm(t, what, func() error {
				_, err := h.Put(t.Context(), name, check.Stream(check.Content(1, check.LiarSize)),
					&files.PutOptions{Size: &n})
				return err
			})
			if ok && !check.IsAny(err, files.ErrCorrupt, files.ErrTooLarge) {
				t.Errorf("%s: got %s, want ErrCorrupt or ErrTooLarge", what, check.ErrText(err))
			}
		}
	}
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", old)
	h.Clean(t, "Puts of sizes that no bucket can hold")
}

// counted is content that reports a length of its own.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Len() int { return c.n }

func putWrongLen(t suite.T, h *suite.H) {
	c := check.Content(1, check.LiarSize)
	for _, n := range []int{
		-1, math.MinInt, 0, 1, check.LiarSize - 1, check.LiarSize + 1, math.MaxInt / 2, math.MaxInt,
	} {
		what := fmt.Sprintf("Put of %d bytes whose Len is %d", check.LiarSize, n)
		err, ok := check.Calm(t, what, func() error {
			_, err := h.Put(t.Context(), "a", &counted{bytes.NewReader(c), n}, nil)
			return err
		})
		switch {
		case !ok:
		case err == nil:
			check.WantContent(t, h, "a", c)
			check.Remove(t, h, "a")
		default:
			check.WantOnly(t, h)
		}
		h.Clean(t, what)
	}
}
