package azure

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
// whose repeat meets itself, is told by its mark; a deletion has none, and nobody can
// know.
func TestRefusedAndDone(t *testing.T) {
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
					info, err = putIf(t, b, files.IfAbsent())
				case "version":
					info, err = putIf(t, b, files.IfVersion("1"))
				default:
					err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
				}
				name := fmt.Sprintf("%s, %d, own %v", how, status, own)
				switch {
				case how != "delete" && (err != nil || info.Version != "2"):
					t.Errorf("%s: %+v, %v", name, info, err)
				case how == "delete" && !own && files.KindOf(err) != files.ErrUncertain:
					t.Errorf("%s: %v", name, err)
				case how == "delete" && err == nil:
					t.Errorf("%s: nil", name)
				}
			}
		}
	}
}

// TestLacksBatch: where the service has no batches, names are deleted one by one, and
// it is asked for a batch once.
func TestLacksBatch(t *testing.T) {
	for code, status := range map[string]int{
		"NotImplemented": 501, "UnsupportedHttpVerb": 405, "UnsupportedQueryParameter": 400,
		"InvalidQueryParameterValue":                             400,
		"FeatureNotYetSupportedForHierarchicalNamespaceAccounts": 409,
		"AuthorizationFailure":                                   403,
	} {
		var batches, single atomic.Int64
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				batches.Add(1)
				refuses(w, status, code)
				return
			}
			single.Add(1)
			azures(w)
			w.WriteHeader(202)
		})
		lacks := status != 403
		for round := range int64(2) {
			res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
				_ = yield("a") && yield("b") && yield("c")
			})
			switch {
			case lacks != (err == nil && res.Deleted == 3):
				t.Errorf("%s: %+v, %v", code, res, err)
			case lacks && (batches.Load() != 1 || single.Load() != 3*(round+1)):
				t.Errorf("%s: %d batches, %d single requests", code, batches.Load(), single.Load())
			}
		}
	}
}

// TestOddPage: what XML can't hold in one name, and what nobody asks about, fail no
// page; a length that is none does.
func TestOddPage(t *testing.T) {
	const length = "<Content-Length>1</Content-Length>"
	blob := func(name, properties string) string {
		return "<Blob><Name>" + name + "</Name><Properties><Etag>1</Etag>" + properties +
			"</Properties></Blob>"
	}
	for in, want := range map[string]string{
		blob("a\x01b", length) + blob("c", length):     "(a\x01b) c",
		blob("a&#1;b", length) + blob("c", length):     "(a\x01b) c",
		blob("a\xFFb", length) + blob("c", length):     "(a\xFFb) c",
		blob("a&#xD800;b", length) + blob("c", length): "(a\xED\xA0\x80b) c",
		blob("a&#xFFFE;b", length):                     "a\uFFFEb",
		blob("a & b", length):                          "a & b",
		blob("a", length+"<Content-MD5>!</Content-MD5><TagCount>x</TagCount>"+
			"<AccessTierInferred>maybe</AccessTierInferred><Sealed>-</Sealed>"+
			"<x-ms-blob-sequence-number>-</x-ms-blob-sequence-number><LegalHold>?</LegalHold>"+
			"<RemainingRetentionDays>soon</RemainingRetentionDays>"+
			"<Last-Modified>yesterday</Last-Modified><ServerEncrypted>?</ServerEncrypted>"): "a",
		"<Blob><Name>a</Name><Deleted>?</Deleted><IsCurrentVersion>?</IsCurrentVersion>" +
			"<Properties>" + length + "</Properties></Blob>": "a",
		blob("a", "<Content-Length></Content-Length>"):  "error",
		blob("a", "<Content-Length/>"):                  "error",
		blob("a", "<Content-Length>x</Content-Length>"): "error",
	} {
		b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			azures(w)
			io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults>`+
				"<Blobs>"+in+"</Blobs><NextMarker/></EnumerationResults>")
		})
		var got []string
		for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			switch {
			case files.KindOf(err) == files.ErrUnavailable:
				got = append(got, "error")
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
