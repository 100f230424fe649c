package s3

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestRefusedAndDone: if a write was carried out though something refused it, so that
// the retry's condition fails, the mark shows that. Without a mark, and if the refusal
// wasn't the service's, the outcome is uncertain.
func TestRefusedAndDone(t *testing.T) {
	t.Parallel()
	const proxy = "<html>sorry</html>"
	for _, c := range []struct {
		status int
		body   string
	}{
		{409, proxy}, {404, proxy}, {412, proxy}, {409, xmlError("OperationAborted")},
		{503, xmlError("SlowDown")}, {429, xmlError("TooManyRequests")},
		{400, xmlError("RequestTimeout")},
	} {
		for _, how := range []string{"absent", "version", "parts", "delete", "copy"} {
			var mark string
			first := true
			b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if m := r.Header.Get("X-Amz-Meta-" + markKey); m != "" {
					mark = m
				}
				switch {
				case r.Method == http.MethodHead:
					w.Header().Set("ETag", `"2"`)
					w.Header().Set("Content-Length", "7")
					w.Header().Set("X-Amz-Meta-"+markKey, mark)
				case q.Has("uploads"):
					io.WriteString(w, begun)
				case q.Has("partNumber"):
					w.Header().Set("ETag", `"1"`)
				case first:
					first = false
					w.WriteHeader(c.status)
					io.WriteString(w, c.body)
				case how == "parts":
					w.WriteHeader(404)
					io.WriteString(w, xmlError("NoSuchUpload"))
				default:
					w.WriteHeader(412)
					io.WriteString(w, xmlError("PreconditionFailed"))
				}
			})
			var info files.Info
			var err error
			switch how {
			case "absent":
				info, err = oddservice.PutIf(t, b, files.IfAbsent())
			case "version":
				info, err = oddservice.PutIf(t, b, files.IfVersion("1"))
			case "parts":
				large := strings.NewReader(strings.Repeat("x", DefaultPartSize+1))
				info, err = b.Put(t.Context(), "a", large, &files.PutOptions{If: files.IfAbsent()})
			case "delete":
				err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
			case "copy":
				_, err = files.Copy(t.Context(), b, "to", b, "from", &files.CopyOptions{
					If: files.IfAbsent(),
				})
			}
			name := fmt.Sprintf("%s, %d %.30s", how, c.status, c.body)
			switch marked := how != "delete" && how != "copy"; {
			case marked && (err != nil || info.Version != "2"):
				t.Errorf("%s: %+v, %v, want success, since the mark is the write's own",
					name, info, err)
			case !marked && c.body == proxy && files.KindOf(err) != files.ErrUncertain:
				t.Errorf("%s: %v, want ErrUncertain", name, err)
			case !marked && err == nil:
				t.Errorf("%s: nil", name)
			}
		}
	}
}
