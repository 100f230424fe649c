package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putDurableCases = []suite.Case{
	{
		Rule:  "P4",
		Name:  "reopened",
		Why:   "a file whose Put has returned must be there when the store is opened again",
		Needs: feature.Needs(feature.Durable),
		Run:   reopened,
	},
}

func reopened(t suite.T, h *suite.H) {
	if h.Harness.Second == nil {
		t.Skipf("the harness has no second handle")
	}
	old := check.Content(1, 5000)
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType: "x/y",
			Metadata:    map[string]string{"k": "v"},
		}
	}
	check.Put(t, h, "d/a", old, opts)
	check.Put(t, h, "d/gone", old, nil)
	check.Remove(t, h, "d/gone")
	if _, err := files.Copy(t.Context(), h.Bucket, "copy", h.Bucket, "d/a", nil); err != nil {
		t.Fatalf("Copy: %v, want no error", err)
	}
	before := check.Stat(t, h, "d/a")
	second := h.Second(t)
	if err := h.Close(); err != nil {
		t.Fatalf("Close: %v, want no error", err)
	}
	check.Same(t, "Stat after the bucket was closed and opened", check.Stat(t, second, "d/a"),
		before)
	check.WantContent(t, second, "d/a", old)
	check.WantContent(t, second, "copy", old)
	check.WantOnly(t, second, "d/a", "copy")
}
