package s3

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/files"
)

// TestWhiteSpace: white space around numbers, booleans, times and words of a response
// doesn't belong to them, as in XML Schema; around names it does. An empty element
// counts as missing.
func TestWhiteSpace(t *testing.T) {
	const object = "<Contents>\n<Key> a </Key>\n<LastModified>\n2020-01-02T03:04:05Z\n" +
		"</LastModified><ETag> &quot;1&quot;\n</ETag><Size x=\"y\"> 5\t</Size></Contents>"
	for what, c := range map[string]struct {
		head string
		more bool
	}{
		"spaces": {"<IsTruncated>\nfalse\n</IsTruncated><KeyCount> 1 </KeyCount>" +
			"<MaxKeys>\r\n1000 </MaxKeys><EncodingType> url </EncodingType>", false},
		"more": {"<IsTruncated> true </IsTruncated><NextContinuationToken>t" +
			"</NextContinuationToken>", true},
		"empty":       {"<IsTruncated/><KeyCount/><NextContinuationToken/>", false},
		"nothing":     {"<IsTruncated></IsTruncated>", false},
		"blank":       {"<IsTruncated>  </IsTruncated>", false},
		"blank token": {"<NextContinuationToken> \n</NextContinuationToken>", false},
		"empty, and more": {"<IsTruncated/><NextContinuationToken>t</NextContinuationToken>",
			true},
		"a comment": {"<!-- <Size> 1 > --><IsTruncated>false </IsTruncated>", false},
		"a section": {"<Prefix><![CDATA[<Size> 1 </Size>]]></Prefix>" +
			"<IsTruncated> false</IsTruncated>", false},
	} {
		b, requests := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("continuation-token") {
				io.WriteString(w, "<ListBucketResult><IsTruncated>false</IsTruncated>"+
					"</ListBucketResult>")
				return
			}
			io.WriteString(w, "<ListBucketResult>"+c.head+object+"</ListBucketResult>")
		})
		n := 0
		for e, err := range b.List(t.Context(), "", nil) {
			n++
			if err != nil || e.Name != " a " && e.Name != " a" || e.Size != 5 || e.Version != "1" ||
				e.ModTime.Year() != 2020 {
				t.Errorf("%s: %+v, %v, want Name %q or %q, Size 5, Version %q, ModTime.Year 2020 "+
					"and nil", what, e, err, " a ", " a", "1")
			}
		}
		if n != 1 || (requests.Load() == 2) != c.more {
			t.Errorf("%s: %d entries by %d requests", what, n, requests.Load())
		}
	}
	b, _ := hostile(t, amazon, says("<ListBucketResult><IsTruncated>maybe</IsTruncated>"+object+
		"</ListBucketResult>"))
	var last error
	for _, err := range b.List(t.Context(), "", nil) {
		last = err
	}
	if !errors.Is(last, files.ErrUnavailable) {
		t.Errorf("IsTruncated that isn't a boolean: %v, want ErrUnavailable", last)
	}
}

// TestWhiteSpaceOfWrites: a copy or a deletion that was done doesn't fail because of
// white space, or of a time in an odd form.
func TestWhiteSpaceOfWrites(t *testing.T) {
	b, _ := hostile(t, amazon, says("<CopyObjectResult><ETag>\n \"1\" </ETag><LastModified>"+
		" 2022-10-12 17:50:00 </LastModified></CopyObjectResult>"))
	info, err := files.Copy(t.Context(), b, "b", b, "a", nil)
	if err != nil || info.Version != "1" || info.ModTime.Year() != 2022 {
		t.Errorf("copy: %+v, %v, want Version %q, ModTime.Year 2022 and nil", info, err, "1")
	}
	b, _ = hostile(t, amazon, says("<DeleteResult><Deleted><Key>a</Key><DeleteMarker> true "+
		"</DeleteMarker></Deleted><Deleted><Key>b</Key><DeleteMarker/></Deleted></DeleteResult>"))
	n, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
		_ = yield("a") && yield("b")
	})
	if err != nil || n.Deleted != 2 {
		t.Errorf("deletions: %+v, %v, want Deleted 2 and nil", n, err)
	}
	b, _ = hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<Error>\n<Code>\n NoSuchKey\n</Code></Error>")
	})
	if _, err := b.Get(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("an error's code: %v, want ErrNotExist", err)
	}
}
