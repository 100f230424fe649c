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
	"cloudfiles.dev/files/driver"
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

func TestServeFileHead(t *testing.T) {
	bare, info := one(t, text)
	for _, tt := range []struct {
		header []string
		status int
		length string
	}{
		{nil, 200, "16"},
		{[]string{"Range", "bytes=0-3"}, 200, "16"}, // RFC 9110, 14.2: ranges are for GET
		{[]string{"If-None-Match", fileshttp.ETag(info.Version)}, 304, ""},
		{[]string{"If-Match", `"old"`}, 412, ""},
	} {
		b, calls := counted(bare)
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("HEAD", tt.header...), b, "f.txt", nil)
		if w.Code != tt.status || w.Header().Get("Content-Length") != tt.length ||
			tt.status == 200 && w.Body.Len() > 0 {
			t.Errorf("HEAD %v = %d, %v, %q", tt.header, w.Code, w.Header(), w.Body)
		}
		if len(*calls) != 1 || (*calls)[0] != "stat" {
			t.Errorf("HEAD %v made the requests %v", tt.header, *calls)
		}
	}
	w := httptest.NewRecorder()
	fileshttp.ServeFile(w, request("POST"), bare, "f.txt", nil)
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST = %d, %v", w.Code, w.Header())
	}
}

// TestServeFileHeaders: the response has the stored fields, and keeps fields that were
// set before.
func TestServeFileHeaders(t *testing.T) {
	b := mem.New(&mem.Options{GivenDigests: true, Clock: func() time.Time { return putTime }})
	opts := &files.PutOptions{
		Digest: files.Digest{
			SHA256: "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f",
		},
		Attributes: files.Attributes{
			ContentType:        "text/x-own",
			CacheControl:       "max-age=60",
			ContentDisposition: `attachment; filename="x"`,
			ContentEncoding:    "br",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"private": "yes"},
		},
	}
	info, err := b.Put(t.Context(), "f.txt", strings.NewReader(text), opts)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Content-Type":           "text/x-own",
		"Cache-Control":          "max-age=60",
		"Content-Disposition":    `attachment; filename="x"`,
		"Content-Encoding":       "br",
		"Content-Language":       "de",
		"Etag":                   fileshttp.ETag(info.Version),
		"Last-Modified":          "Thu, 29 Feb 2024 12:30:15 GMT",
		"Accept-Ranges":          "bytes",
		"X-Content-Type-Options": "nosniff",
		"Content-Length":         "16",
		"Repr-Digest":            "sha-256=:n59REfeyengfHx3d5evC3St5a/xzZcnCi1SOVkF2kp8=:",
	}
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request(method), b, "f.txt", nil)
		for k, v := range want {
			if w.Header().Get(k) != v {
				t.Errorf("%s: %s is %q, want %q", method, k, w.Header().Get(k), v)
			}
		}
		if len(w.Header()) != len(want) {
			t.Errorf("%s: fields %v, want %v", method, w.Header(), want)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Content-Encoding", "gzip") // a wrapper that compresses
	fileshttp.ServeFile(w, request("GET"), b, "f.txt", nil)
	if h := w.Header(); h.Get("Cache-Control") != "no-store" ||
		h.Get("Content-Disposition") != "inline" || h.Get("Content-Encoding") != "gzip" ||
		h.Get("Content-Length") != "" {
		t.Errorf("fields that were set before: %v", h)
	}
	w = httptest.NewRecorder()
	fileshttp.ServeFile(w, request("GET", "If-Modified-Since", date(0)), b, "f.txt", nil)
	if w.Code != 304 || w.Header().Get("Cache-Control") != "max-age=60" {
		t.Errorf("304 = %d, %v", w.Code, w.Header())
	}
}

// TestServeFileEmpty: an empty file has no range, so the response is the whole file, as
// in http.ServeContent.
func TestServeFileEmpty(t *testing.T) {
	b, _ := one(t, "")
	for _, rng := range []string{"", "bytes=0-", "bytes=5-6", "bytes=-5"} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("GET", "Range", rng), b, "f.txt", nil)
		if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "0" {
			t.Errorf("Range %q of an empty file = %d, %v", rng, w.Code, w.Header())
		}
	}
}

// TestServeFileWithoutVersions: a bucket without versions has no ETag, and dates decide.
func TestServeFileWithoutVersions(t *testing.T) {
	bare, _ := one(t, text)
	b := unversioned{bare}
	for _, tt := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"If-None-Match", `""`}, 200},
		{[]string{"If-Match", `""`}, 412},
		{[]string{"If-Modified-Since", date(0)}, 304},
		{[]string{"Range", "bytes=1-2", "If-Range", date(0)}, 206},
		{[]string{"Range", "bytes=1-2", "If-Range", date(time.Second)}, 200},
		{[]string{"Range", "bytes=1-2", "If-Range", `""`}, 200},
	} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("GET", tt.header...), b, "f.txt", nil)
		if _, ok := w.Header()["Etag"]; w.Code != tt.status || ok {
			t.Errorf("%v = %d, %v; want %d", tt.header, w.Code, w.Header(), tt.status)
		}
	}
}

// unversioned is a bucket whose files have no versions.
type unversioned struct{ files.Bucket }

func (u unversioned) Features() files.Features { return files.Features{} }

func (u unversioned) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	r, err := u.Bucket.Get(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	info := r.Info()
	info.Version = ""
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   info,
		Offset: r.Offset(),
		Length: r.Len(),
		Body:   r,
	}), nil
}
