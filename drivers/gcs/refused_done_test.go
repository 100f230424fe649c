package gcs

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestRefusedAndDone: a write that was carried out although something refused it, and
// whose retry then fails because of it, is found by its mark. Without a mark, if
// something in front of the service refused it, the outcome is unknown.
func TestRefusedAndDone(t *testing.T) {
	for _, status := range []int{404, 409, 412, 429} {
		for _, own := range []bool{false, true} {
			for _, how := range []string{"absent", "delete", "copy"} {
				if own && status != 409 && status != 429 {
					continue // these statuses are certain if the service sends them
				}
				var mark string
				first := true
				b := behind(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if m := markIn(r); m != "" {
						mark = m
					}
					switch {
					case r.Method == http.MethodGet:
						fmt.Fprintf(w, `{"kind":"storage#object","name":"a","generation":"2",`+
							`"size":"7","metadata":{%q:%q}}`, markKey, mark)
					case first:
						first = false
						w.WriteHeader(status)
						if own {
							io.WriteString(w, refuses(status, map[int]string{
								409: "conflict",
								429: "rateLimitExceeded",
							}[status]))
						} else {
							io.WriteString(w, "<html>sorry</html>")
						}
					default:
						w.WriteHeader(412)
						io.WriteString(w, refuses(412, "conditionNotMet"))
					}
				}))
				var info files.Info
				var err error
				switch how {
				case "absent":
					info, err = oddservice.PutIf(t, b, files.IfAbsent())
				case "delete":
					err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
				default:
					_, err = files.Copy(t.Context(), b, "a", b, "b", &files.CopyOptions{
						If: files.IfAbsent(),
					})
				}
				name := fmt.Sprintf("%s, %d, the service's own: %v", how, status, own)
				switch {
				case how == "absent" && (err != nil || info.Version != "2"):
					t.Errorf("%s: %+v, %v, want success, since the mark is the write's own",
						name, info, err)
				case how != "absent" && !own && files.KindOf(err) != files.ErrUncertain:
					t.Errorf("%s: %v, want ErrUncertain", name, err)
				case how != "absent" && err == nil:
					t.Errorf("%s: nil", name)
				}
			}
		}
	}
}
