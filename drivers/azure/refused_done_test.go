package azure

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestRefusedAndDone: a write that was carried out although something refused it, and
// whose retry then fails because of it, is found by its mark. A deletion has no mark,
// so its outcome is unknown.
func TestRefusedAndDone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 409, 412, 429} {
		for _, own := range []bool{false, true} {
			for _, how := range []string{"absent", "version", "delete"} {
				var mark string
				first := true
				b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
					if m := r.Header.Get("X-Ms-Meta-" + markKey); m != "" {
						mark = m
					}
					switch {
					case r.Method == http.MethodHead:
						w.Header().Set("X-Ms-Meta-"+markKey, mark)
						holds(w, r, `"2"`, "content")
					case first && own:
						first = false
						refuses(w, status, "PendingCopyOperation")
					case first:
						first = false
						w.WriteHeader(status)
						io.WriteString(w, "<html>sorry</html>")
					default:
						refuses(w, 412, "ConditionNotMet")
					}
				})
				var info files.Info
				var err error
				switch how {
				case "absent":
					info, err = oddservice.PutIf(t, b, files.IfAbsent())
				case "version":
					info, err = oddservice.PutIf(t, b, files.IfVersion("1"))
				default:
					err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
				}
				name := fmt.Sprintf("%s, %d, the service's own: %v", how, status, own)
				switch {
				case how != "delete" && (err != nil || info.Version != "2"):
					t.Errorf("%s: %+v, %v, want success, since the mark is the write's own",
						name, info, err)
				case how == "delete" && !own && files.KindOf(err) != files.ErrUncertain:
					t.Errorf("%s: %v, want ErrUncertain", name, err)
				case how == "delete" && err == nil:
					t.Errorf("%s: nil", name)
				}
			}
		}
	}
}
