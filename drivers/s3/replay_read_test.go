package s3

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
)

// TestRanges: a response with the whole file is cut to the range, and one with another
// range is an error.
func TestRanges(t *testing.T) {
	respond := func(status int, contentRange, body string) exchange {
		x := exchange{
			method:     "GET",
			uri:        "/bucket/a",
			status:     status,
			body:       body,
			respHeader: map[string]string{"ETag": `"1"`},
		}
		if contentRange != "" {
			x.respHeader["Content-Range"] = contentRange
		}
		return x
	}
	b := replayed(t, nil, respond(200, "", "0123456789"), respond(206, "bytes 2-4/10", "234"),
		respond(206, "bytes 5-7/10", "567"), respond(206, "bytes 2-4/*", "234"),
		respond(416, "", xmlError("InvalidRange")), exchange{
			method:     "HEAD",
			uri:        "/bucket/a",
			status:     200,
			respHeader: map[string]string{"Content-Length": "10", "ETag": `"2"`},
		}, respond(206, "bytes 2-4/10", "234"))
	for i, want := range []string{"234", "234", "", "", "234"} {
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(2, 3)})
		if want == "" {
			if !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("response %d: %v, want ErrUnavailable", i+1, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("response %d: %v", i+1, err)
		}
		p, err := r.ReadAll()
		if string(p) != want || err != nil || r.Info().Size != 10 || r.Offset() != 2 {
			t.Errorf("response %d: %q, %v, %+v", i+1, p, err, r.Info())
		}
		r.Close()
	}
}
