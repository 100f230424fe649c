package fileshttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

const text = "0123456789abcdef"

var putTime = time.Date(2024, 2, 29, 12, 30, 15, 600_000_000, time.UTC)

// counted returns a bucket that counts its requests.
func counted(b files.Bucket) (files.Bucket, *[]string) {
	calls := new([]string)
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			*calls = append(*calls, string(c.Op))
			return next(ctx)
		},
	}), calls
}

// one returns a bucket with the one file f.txt, and its Info.
func one(t testing.TB, content string) (files.Bucket, files.Info) {
	t.Helper()
	b := mem.New(&mem.Options{Clock: func() time.Time { return putTime }})
	info, err := b.Put(t.Context(), "f.txt", strings.NewReader(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b, info
}

func request(method string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "/f.txt", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func date(add time.Duration) string { return putTime.Add(add).Format(http.TimeFormat) }

// TestServeFile: every case has the same response as http.ServeContent, unless differs
// is set, and takes one request to the bucket, unless calls says otherwise.
func TestServeFile(t *testing.T) {
	bare, info := one(t, text)
	tag := fileshttp.ETag(info.Version)
	whole, bits := "get", func(first, last string) string {
		return "bytes " + first + "-" + last + "/16"
	}
	for _, tt := range []struct {
		what         string
		header       []string
		status       int
		body         string
		contentRange string
		calls        string
		differs      bool // the response differs from http.ServeContent's on purpose
	}{
		{"plain", nil, 200, text, "", whole, false},
		{"first bytes", []string{"Range", "bytes=0-3"}, 206, "0123", bits("0", "3"), whole, false},
		{"middle", []string{"Range", "bytes=4-5"}, 206, "45", bits("4", "5"), whole, false},
		{"from", []string{"Range", "bytes=14-"}, 206, "ef", bits("14", "15"), whole, false},
		{"all of it", []string{"Range", "bytes=0-"}, 206, text, bits("0", "15"), whole, false},
		{"last", []string{"Range", "bytes=-3"}, 206, "def", bits("13", "15"), whole, false},
		{
			"last, more than there is",
			[]string{"Range", "bytes=-99"},
			206,
			text,
			bits("0", "15"),
			whole,
			false,
		},
		{
			"beyond the end",
			[]string{"Range", "bytes=10-99"},
			206,
			"abcdef",
			bits("10", "15"),
			whole,
			false,
		},
		{
			"a number beyond all",
			[]string{"Range", "bytes=10-99999999999999999999999"},
			206,
			"abcdef",
			bits("10", "15"),
			whole,
			true,
		},
		{
			"empty list elements",
			[]string{"Range", "bytes= , 1-2,"},
			206,
			"12",
			bits("1", "2"),
			whole,
			false,
		},
		{
			"the unit in capitals",
			[]string{"Range", "BYTES=1-2"},
			206,
			"12",
			bits("1", "2"),
			whole,
			true,
		},
		{"at the end", []string{"Range", "bytes=16-"}, 416, "", "bytes */16", whole, false},
		{"past the end", []string{"Range", "bytes=17-18"}, 416, "", "bytes */16", whole, false},
		{
			"far past the end",
			[]string{"Range", "bytes=99999999999999999999-"},
			416,
			"",
			"bytes */16",
			whole,
			true,
		},
		{"no last bytes", []string{"Range", "bytes=-0"}, 416, "", "bytes */16", whole, true},
		{"two ranges", []string{"Range", "bytes=0-1,4-5"}, 200, text, "", whole, true},
		{"another unit", []string{"Range", "lines=1-2"}, 200, text, "", whole, true},
		{"backwards", []string{"Range", "bytes=5-2"}, 200, text, "", whole, true},
		{"letters", []string{"Range", "bytes=a-b"}, 200, text, "", whole, true},
		{"a sign", []string{"Range", "bytes=+1-2"}, 200, text, "", whole, true},
		{"no numbers", []string{"Range", "bytes=-"}, 200, text, "", whole, true},
		{"nothing", []string{"Range", "bytes="}, 200, text, "", whole, false},

		{"current", []string{"If-None-Match", tag}, 304, "", "", whole, false},
		{"current, weak", []string{"If-None-Match", "W/" + tag}, 304, "", "", whole, false},
		{
			"current, in a list",
			[]string{"If-None-Match", `"x,y", ` + tag},
			304,
			"",
			"",
			whole,
			false,
		},
		{
			"current, in two lines",
			[]string{"If-None-Match", `"x"`, "If-None-Match", tag},
			304,
			"",
			"",
			whole,
			true,
		},
		{"any", []string{"If-None-Match", "*"}, 304, "", "", whole, false},
		{"old", []string{"If-None-Match", `"old"`}, 200, text, "", whole, false},
		{"malformed", []string{"If-None-Match", "old"}, 200, text, "", whole, false},
		{
			"old, and not modified since",
			[]string{"If-None-Match", `"old"`, "If-Modified-Since", date(0)},
			200,
			text,
			"",
			whole,
			false,
		},
		{
			"current, of a range",
			[]string{"If-None-Match", tag, "Range", "bytes=0-3"},
			304,
			"",
			"",
			whole,
			false,
		},
		{
			"old, of a range",
			[]string{"If-None-Match", `"old"`, "Range", "bytes=0-3"},
			206,
			"0123",
			bits("0", "3"),
			whole,
			false,
		},

		{"not modified since", []string{"If-Modified-Since", date(0)}, 304, "", "", whole, false},
		{
			"modified since",
			[]string{"If-Modified-Since", date(-time.Second)},
			200,
			text,
			"",
			whole,
			false,
		},
		{
			"modified since nonsense",
			[]string{"If-Modified-Since", "yesterday"},
			200,
			text,
			"",
			whole,
			false,
		},

		{"match", []string{"If-Match", tag}, 200, text, "", whole, false},
		{"match any", []string{"If-Match", "*"}, 200, text, "", whole, false},
		{"match in a list", []string{"If-Match", `"x",` + tag}, 200, text, "", whole, false},
		{"match is strong", []string{"If-Match", "W/" + tag}, 412, "", "", whole, false},
		{"no match", []string{"If-Match", `"old"`}, 412, "", "", whole, false},
		{
			"no match, before current",
			[]string{"If-Match", `"old"`, "If-None-Match", tag},
			412,
			"",
			"",
			whole,
			false,
		},
		{
			"match, then current",
			[]string{"If-Match", tag, "If-None-Match", tag},
			304,
			"",
			"",
			whole,
			false,
		},
		{"unmodified since", []string{"If-Unmodified-Since", date(0)}, 200, text, "", whole, false},
		{
			"not unmodified since",
			[]string{"If-Unmodified-Since", date(-time.Second)},
			412,
			"",
			"",
			whole,
			false,
		},
		{
			"match goes before the date",
			[]string{"If-Match", tag, "If-Unmodified-Since", date(-time.Second)},
			200,
			text,
			"",
			whole,
			false,
		},
		{
			"not unmodified since, before current",
			[]string{"If-Unmodified-Since", date(-time.Second), "If-None-Match", tag},
			412,
			"",
			"",
			whole,
			false,
		},

		{
			"the rest of this version",
			[]string{"Range", "bytes=14-", "If-Range", tag},
			206,
			"ef",
			bits("14", "15"),
			whole,
			false,
		},
		{
			"the rest of another version",
			[]string{"Range", "bytes=14-", "If-Range", `"old"`},
			200,
			text,
			"",
			"get get",
			false,
		},
		{
			"the rest, by a weak tag",
			[]string{"Range", "bytes=14-", "If-Range", "W/" + tag},
			200,
			text,
			"",
			"get get",
			false,
		},
		{
			"the rest, by the date",
			[]string{"Range", "bytes=14-", "If-Range", date(0)},
			200,
			text,
			"",
			"get get",
			true,
		},
		{
			"the rest, by nonsense",
			[]string{"Range", "bytes=14-", "If-Range", "x"},
			200,
			text,
			"",
			"get get",
			false,
		},
		{
			"past the end of another version",
			[]string{"Range", "bytes=99-", "If-Range", `"old"`},
			200,
			text,
			"",
			"get get",
			false,
		},
		{
			"another version, but current",
			[]string{"Range", "bytes=14-", "If-Range", `"old"`, "If-None-Match", tag},
			304,
			"",
			"",
			whole,
			false,
		},
		{
			"another version, and no match",
			[]string{"Range", "bytes=14-", "If-Range", `"old"`, "If-Match", `"x"`},
			412,
			"",
			"",
			whole,
			false,
		},
		{"If-Range alone", []string{"If-Range", `"old"`}, 200, text, "", whole, false},
	} {
		for kind, features := range map[string]func(files.Features) files.Features{
			"": nil,
			" without conditional reads": func(f files.Features) files.Features {
				f.ReadConditions = false
				return f
			},
		} {
			b, calls := counted(files.Wrap(bare, files.Hooks{Features: features}))
			w := httptest.NewRecorder()
			fileshttp.ServeFile(w, request("GET", tt.header...), b, "f.txt", nil)
			check := func(who string, w *httptest.ResponseRecorder) {
				t.Helper()
				body := w.Body.String()
				if w.Code >= 400 {
					body = ""
				}
				if w.Code != tt.status || body != tt.body ||
					w.Header().Get("Content-Range") != tt.contentRange {
					t.Errorf("%s%s: %s responds %d, %q, Content-Range %q; want %d, %q, %q", tt.what,
						kind, who, w.Code, body, w.Header().Get("Content-Range"), tt.status,
						tt.body, tt.contentRange)
				}
			}
			check("ServeFile", w)
			if got := strings.Join(*calls, " "); got != tt.calls {
				t.Errorf("%s%s: requests %q, want %q", tt.what, kind, got, tt.calls)
			}
			h := w.Header()
			if w.Code < 400 && h.Get("Etag") != tag {
				t.Errorf("%s%s: ETag %q", tt.what, kind, h.Get("Etag"))
			}
			if w.Code == 304 && (h.Get("Content-Type") != "" || h.Get("Content-Length") != "") {
				t.Errorf("%s%s: 304 with the fields of a body: %v", tt.what, kind, h)
			}
			if !tt.differs {
				w := httptest.NewRecorder()
				w.Header().Set("Etag", tag)
				http.ServeContent(w, request("GET", tt.header...), "f.txt", putTime,
					strings.NewReader(text))
				check("http.ServeContent", w)
			}
		}
	}
}
