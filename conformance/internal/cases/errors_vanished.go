package cases

import (
	"context"
	"errors"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var errorsVanishedCases = []suite.Case{
	{
		Rule:  "E3",
		Name:  "vanished",
		Why:   "a bucket that has vanished must not look empty: a sync would delete everything",
		Run:   vanished,
		Apart: true,
	},
}

func vanished(t suite.T, h *suite.H) {
	if h.Harness.Vanish == nil {
		t.Skipf("the harness can't take the store away")
	}
	if _, prefix := suite.Base(h.Bucket); prefix != "" {
		t.Skipf("the harness's store is shared, and it makes none apart")
	}
	check.Puts(t, h, "a", "d/b")
	h.Harness.Vanish(t, h.Bucket)
	for _, m := range append(check.Methods(t, h.Bucket, "a"), check.Listing(h.Bucket, "", nil),
		check.Listing(h.Bucket, "d",
			nil), check.Listing(h.Bucket, "", &files.ListOptions{Shallow: true}),
		check.Method{
			Name: "Check",
			Call: func(ctx context.Context) error { return files.Check(ctx, h.Bucket) },
		}) {
		if strings.HasPrefix(m.Name, "Sign") {
			continue // makes no request
		}
		err := m.Call(t.Context())
		if m.Name == "Stat" && !h.F.StatNoBucket {
			check.WantErr(t, "Stat in a vanished store without a call that finds out",
				err, files.ErrNotExist)
			continue
		}
		check.WantErr(t, m.Name+" in a vanished store", err, files.ErrNoBucket)
		if text := files.ErrNoBucket.Error(); err != nil && !strings.HasSuffix(err.Error(),
			": "+text) {
			t.Errorf("%s in a vanished store: the text is %q, want it to end in %q without "+
				"the backend's words", m.Name, err, text)
		}
		if errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s in a vanished store: the error matches ErrNotExist too, as if only "+
				"the file "+
				"were missing", m.Name)
		}
	}
}
