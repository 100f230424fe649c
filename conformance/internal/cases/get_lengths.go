package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var getLengthsCases = []suite.Case{
	{
		Rule: "G2",
		Name: "copied-from-a-liar",
		Why:  "a wrong length from a service must cause neither a short file nor a panic",
		Run:  copyFromLiar,
	},
}

func copyFromLiar(t suite.T, h *suite.H) {
	old := check.Content(2, 100)
	check.Put(t, h, "old", old, nil)
	check.EachLiar(func(what string, l *check.Liar) {
		src := driver.New(l)
		defer src.Close()
		check.Put(t, src, "src", check.Content(1, check.LiarSize), nil)
		for _, dst := range []string{"old", "new"} {
			check.WantFailure(t, "Copy of "+what, func() error {
				_, err := files.Copy(t.Context(), h.Bucket, dst, src, "src", nil)
				return err
			})
			check.WantFailure(t, "Put of "+what, func() error {
				r, err := src.Get(t.Context(), "src", nil)
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = h.Put(t.Context(), dst, r, nil)
				return err
			})
		}
	})
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", old)
	h.Clean(t, "copies from a store that reports wrong lengths")
}
