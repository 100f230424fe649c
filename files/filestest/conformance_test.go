package filestest_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestConformance: the fake keeps the contract with every personality, and the suite
// leaves nothing open. Without the long tests, most personalities run the cases on which
// they can differ, and with -short one of them does.
func TestConformance(t *testing.T) {
	for _, p := range []filestest.Personality{
		filestest.Clouds, filestest.Strong, filestest.S3, filestest.GCS, filestest.Azure,
		filestest.MinIO, filestest.Disk,
	} {
		known := map[string]string{}
		if p.String() == "MinIO" {
			for _, id := range []string{
				"L7/nothing-of-the-drivers", "N2/long-tails", "N4/long-dir", "N4/long-element",
				"P7/on-every-file",
			} {
				known[id] = "it has no elements of more than 255 bytes, as MinIO"
			}
		}
		if testing.Short() && p.String() != "GCS" {
			continue // one is enough to look for races
		}
		pattern := rerun.Store
		if p.String() == "clouds" {
			pattern = ""
		}
		t.Run(p.String(), func(t *testing.T) {
			var urls sync.Map // of each bucket
			made := func(b *filestest.Bucket) files.Bucket {
				urls.Store(files.Bucket(b), b.URL())
				return b
			}
			rerun.Part(t, conformance.Harness{
				Known: known,
				New: func(conformance.T) files.Bucket {
					return made(filestest.New(t, filestest.As(p)))
				},
				Second: func(ct conformance.T, b files.Bucket) files.Bucket {
					url, _ := urls.Load(b)
					second, err := files.Open(ct.Context(), url.(string))
					if err != nil {
						ct.Fatalf("Open: %v", err)
					}
					return second
				},
				Send: func(ct conformance.T, b files.Bucket, signed files.SignedURL,
					content []byte) (int, []byte) {
					return sendTo(ct, b, signed, content)
				},
				URL: func(conformance.T) string {
					return filestest.New(t, filestest.As(p)).URL()
				},
			}, pattern)
		})
	}
}

// sendTo sends a signed request to the fake that it leads to.
func sendTo(t conformance.T, b files.Bucket, signed files.SignedURL, content []byte) (int,
	[]byte) {
	fake, ok := b.(*filestest.Bucket)
	if !ok {
		t.Fatalf("%T is not the fake", b)
	}
	r, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL,
		bytes.NewReader(content))
	if err != nil {
		t.Fatalf("the signed request: %v", err)
	}
	for k, v := range signed.Header {
		r.Header[k] = v
	}
	resp, err := fake.Client().Do(r)
	if err != nil {
		t.Fatalf("sending the signed request: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the response to the signed request: %v", err)
	}
	return resp.StatusCode, body
}
