package azure

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestOddPage: a name with what XML can't hold, and invalid values that the driver
// doesn't use, don't fail the page; an invalid length does.
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
				t.Errorf("listing the page %q: %v, want ErrUnavailable or no error", in, err)
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
