package gcs

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// TestRefusedAndDone: a write that was carried out though something refused it, and
// whose repeat meets itself, is told by its mark; what has none and was refused by
// something in front of the service, nobody can know.
func TestRefusedAndDone(t *testing.T) {
	for _, status := range []int{404, 409, 412, 429} {
		for _, own := range []bool{false, true} {
			for _, how := range []string{"absent", "delete", "copy"} {
				if own && status != 409 && status != 429 {
					continue // which the service means
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
					info, err = putIf(t, b, files.IfAbsent())
				case "delete":
					err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
				default:
					_, err = files.Copy(t.Context(), b, "a", b, "b", &files.CopyOptions{
						If: files.IfAbsent(),
					})
				}
				name := fmt.Sprintf("%s, %d, own %v", how, status, own)
				switch {
				case how == "absent" && (err != nil || info.Version != "2"):
					t.Errorf("%s: %+v, %v", name, info, err)
				case how != "absent" && !own && files.KindOf(err) != files.ErrUncertain:
					t.Errorf("%s: %v", name, err)
				case how != "absent" && err == nil:
					t.Errorf("%s: nil", name)
				}
			}
		}
	}
}

// TestOddPage: what JSON can't hold in one name fails no page, and no such name comes
// as another.
func TestOddPage(t *testing.T) {
	item := func(name string) string {
		return `{"name":"` + name + `","size":"1","generation":"1"}`
	}
	for in, want := range map[string]string{
		item("a\x01b") + "," + item("c"):   "(a\x01b) c",
		item("a\xFFb") + "," + item("c"):   "(a\xFFb) c",
		item(`a\ud800b`) + "," + item("c"): "(a\xED\xA0\x80b) c",
		item(`a\ud83d\ude00`):              "a\U0001F600",
		item("a\uFFFDb"):                   "a\uFFFDb",
		item("\U0010FF01"):                 "\U0010FF01",
	} {
		b, requests := hostile(t, says(200, `{"kind":"storage#objects","items":[`+in+"]}"))
		var got []string
		for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			switch {
			case err != nil:
				t.Errorf("%q: %v", in, err)
			case e.Key != "":
				got = append(got, "("+e.Key+")")
			default:
				got = append(got, e.Name)
			}
		}
		if s := strings.Join(got, " "); s != want || requests.Load() != 1 {
			t.Errorf("%q: %q, want %q, after %d requests", in, s, want, requests.Load())
		}
	}
}

// TestSessionWithUser: the URL of a session names nobody, who would be sent as
// credentials.
func TestSessionWithUser(t *testing.T) {
	var asked atomic.Int64
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", "http://user:secret@"+r.Host+"/upload?upload_id=1")
			return
		}
		asked.Add(1)
	})
	large := strings.NewReader(strings.Repeat("x", DefaultPartSize+1))
	_, err := b.Put(t.Context(), "a", large, nil)
	if files.KindOf(err) != files.ErrUnavailable || asked.Load() > 0 {
		t.Errorf("%v, %d requests with the session's URL", err, asked.Load())
	}
}
