package cases

import (
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files/driver"
)

// deleteAnswers asks the bucket itself, and wants an answer for each name that is true.
func deleteAnswers(t suite.T, h *suite.H) {
	d, ok := h.Bucket.(driver.BucketManyDeleter)
	if !ok {
		t.Skipf("the bucket has no DeleteMany")
	}
	keep := []string{"keep", "d/keep"}
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("d/%02d", i))
	}
	check.Puts(t, h, append(keep, names...)...)
	asked := append(slices.Clone(names), "missing", names[0], "d//illegal")
	errs := d.DeleteMany(t.Context(), asked)
	if len(errs) != len(asked) {
		t.Errorf("DeleteMany of %d names answers with %d errors, want one for each, or nil",
			len(asked), len(errs))
	}
	for i, err := range errs {
		if want := asked[i] == "d//illegal"; (err != nil) != want {
			t.Errorf("DeleteMany answers %s for %s", check.ErrText(err), term.Quote(asked[i]))
		}
	}
	check.WantOnly(t, h, keep...)
	if errs := d.DeleteMany(t.Context(), nil); len(errs) != 0 {
		t.Errorf("DeleteMany of no name answers with %d errors", len(errs))
	}
}
