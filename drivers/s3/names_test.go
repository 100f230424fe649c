package s3

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestRefusedNames: a name that the store refuses is ErrUnsupported with the reason,
// from every method, though the response to a HEAD is a 400 without a body, as it is
// for expired credentials.
func TestRefusedNames(t *testing.T) {
	for code, want := range map[string]error{
		"XMinioInvalidObjectName": files.ErrUnsupported,
		"KeyTooLongError":         files.ErrUnsupported,
		"InvalidObjectName":       files.ErrUnsupported,
		"InvalidURI":              files.ErrUnsupported,
		"ExpiredToken":            files.ErrPermission,
		"InvalidToken":            files.ErrPermission,
	} {
		b, _ := hostile(t, keeping(unknown, Kept), func(w http.ResponseWriter, r *http.Request) {
			switch q := r.URL.Query(); {
			case q.Has("list-type") && want == files.ErrUnsupported:
				io.WriteString(w, "<ListBucketResult><Name>bucket</Name></ListBucketResult>")
			case q.Has("delete"):
				io.WriteString(w, "<DeleteResult><Error><Key>dir/a</Key><Code>"+code+
					"</Code></Error></DeleteResult>")
			default:
				w.WriteHeader(400)
				if r.Method != http.MethodHead {
					io.WriteString(w, xmlError(code))
				}
			}
		})
		for op, do := range every {
			if op == "list" || op == "check" ||
				op == "delete many" && want != files.ErrUnsupported {
				continue
			}
			err := do(t.Context(), b)
			if files.KindOf(err) != want || !strings.Contains(err.Error(), code) {
				t.Errorf("%s, %s: %v, want %v and a text with %q", code, op, err, want, code)
			}
		}
		_, err := b.Get(t.Context(), "dir/a", &files.GetOptions{Range: files.Bytes(0, 0)})
		if files.KindOf(err) != want {
			t.Errorf("%s, get of no bytes: %v", code, err)
		}
	}
	// Without a reason, a 400 counts as one of the credentials.
	b, requests := hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
	})
	_, err := b.Stat(t.Context(), "a", nil)
	if files.KindOf(err) != files.ErrPermission || requests.Load() != 2 {
		t.Errorf("%d requests, %v, want 2 and ErrPermission", requests.Load(), err)
	}
}
