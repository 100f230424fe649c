package azure

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// TestAsStored: content that the caller has encoded arrives as it is stored, with its
// Content-Encoding, whole and in part, through the driver's own client, through a caller's
// whose transport decompresses, and by a signed URL.
func TestAsStored(t *testing.T) {
	server := testserver.Start(t, testserver.Azurite)
	own := open(t, server.Store(t))
	s, err := files.SignURL(t.Context(), own, "a.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	// This client has the SDK's own transport, which asks for gzip and unpacks it. The URL
	// that is signed for the file is its credential.
	plain, err := container.NewClientWithNoCredential(strings.Replace(s.URL, "/a.gz?", "?", 1),
		nil)
	if err != nil {
		t.Fatal(err)
	}
	for encoding, text := range map[string][]byte{
		"gzip": packed(t, strings.Repeat("what is stored ", 1000)),
		"zstd": []byte("\x28\xb5\x2f\xfd not decoded by anybody"),
		"br":   []byte("not decoded by anybody"),
	} {
		put(t, own, "a.gz", string(text), &files.PutOptions{
			Attributes: files.Attributes{ContentType: "text/plain", ContentEncoding: encoding},
		})
		of, err := New(plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		for who, b := range map[string]files.Bucket{"own": own, "a caller's": of} {
			for _, part := range []files.Range{{}, files.Bytes(3, 10), files.Last(5)} {
				r, err := b.Get(t.Context(), "a.gz", &files.GetOptions{Range: part})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.ReadAll()
				r.Close()
				first, n := part.Resolve(int64(len(text)))
				if err != nil || !bytes.Equal(got, text[first:first+n]) {
					t.Errorf("%s, %s client, %v: %d bytes, %v, want the %d stored", encoding, who,
						part, len(got), err, n)
				}
				if i := r.Info(); i.ContentEncoding != encoding || i.Size != int64(len(text)) {
					t.Errorf("%s, %s client: Info has the encoding %q and %d bytes, want %q and %v",
						encoding, who, i.ContentEncoding, i.Size, encoding, int64(len(text)))
				}
			}
		}
		of.Close()
		for method, body := range map[string][]byte{"GET": text, "HEAD": {}} {
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "identity")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != 200 || !bytes.Equal(got, body) ||
				answer.Header.Get("Content-Encoding") != encoding ||
				answer.ContentLength != int64(len(text)) {
				t.Errorf("a signed %s: %s, %d bytes, %v, %v", method, answer.Status, len(got), err,
					answer.Header)
			}
		}
	}
}

// TestAsksForIdentity: each request for content asks for the stored bytes, also through a
// caller's client, and a response that is encoded isn't decoded.
func TestAsksForIdentity(t *testing.T) {
	var accepted []string
	b := onHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accepted = append(accepted, r.Method+" "+r.Header.Get("Accept-Encoding"))
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("x-ms-blob-type", "BlockBlob")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", "6")
		if r.Method == http.MethodGet {
			io.WriteString(w, "packed")
		}
	}))
	if text, err := files.ReadString(t.Context(), b, "a", nil); err != nil || text != "packed" {
		t.Errorf("ReadString(a) = %q, %v, want %q and nil", text, err, "packed")
	}
	i, err := b.Stat(t.Context(), "a", nil)
	if err != nil || i.Size != 6 || i.ContentEncoding != "gzip" {
		t.Errorf("Stat: %+v, %v, want Size 6, ContentEncoding %q and nil", i, err, "gzip")
	}
	if len(accepted) != 2 || accepted[0] != "GET identity" ||
		accepted[1] != "HEAD identity" && accepted[1] != "HEAD " {
		t.Errorf("the requests accept %q, want a length of 2, %q and %q or %q", accepted,
			"GET identity", "HEAD identity", "HEAD ")
	}
}

// packed returns the text in gzip.
func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
