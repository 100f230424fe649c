package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"errors"
	"net/url"
	"strings"
)

func wrapperSigns(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	physical, plain := putInner(t, h, "d/a b.txt")
	f := u.outer.Features()
	for method, able := range map[string]bool{
		"GET":    f.SignGet,
		"HEAD":   f.SignHead,
		"PUT":    f.SignPut,
		"DELETE": f.SignDelete,
	} {
		u.store.seen()
		s, err := files.SignURL(t.Context(), u.outer, "d/a b.txt",
			&files.SignOptions{Method: method})
		if !able {
			if !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("SignURL for %s, which the wrapper does not claim: got %s, want "+
					"ErrUnsupported", method, check.ErrText(err))
			}
			if calls := u.store.seen(); len(calls) > 0 {
				t.Errorf("SignURL for %s, which the wrapper does not claim, reached the "+
					"inner bucket",
					method)
			}
			continue
		}
		if err != nil {
			t.Errorf("SignURL for %s, which the wrapper claims: %v, want no error", method, err)
			continue
		}
		if method != "DELETE" && !plain && physical != "" {
			t.Errorf("a %s with the signed URL bypasses the wrapper, which stores other bytes "+
				"than are put", method)
		}
		if want := signedHost + url.PathEscape(physical); physical != "" &&
			!strings.HasPrefix(s.URL, want+"?") {
			t.Errorf("the URL signed for %s is %q, want that of %q, the file's inner name", method,
				s.URL, physical)
		}
	}
}
