package files_test

import (
	"encoding/json"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestJSONTags: an Info as JSON is flat and leaves out what isn't known.
func TestJSONTags(t *testing.T) {
	e := files.Entry{
		Name:    "a",
		Size:    1,
		ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Version: "v",
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{files.Entry{Name: "d/", IsDir: true}, `{"name":"d/","size":0,"isDir":true}`},
		{e, `{"name":"a","size":1,"modTime":"2026-01-02T03:04:05Z","version":"v"}`},
		{
			files.Info{
				Entry: e,
				Attributes: files.Attributes{
					ContentType: "text/plain",
					Metadata:    map[string]string{"k": "v"},
				},
				Digest: files.Digest{CRC32C: "00000000"},
			},
			`{"name":"a","size":1,"modTime":"2026-01-02T03:04:05Z","version":"v",` +
				`"contentType":"text/plain","metadata":{"k":"v"},"digest":{"crc32c":"00000000"}}`,
		},
		{files.Info{Entry: files.Entry{Name: "a"}}, `{"name":"a","size":0}`},
	} {
		got, err := json.Marshal(c.v)
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v\nwant %s", got, err, c.want)
		}
	}
}
