package s3

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// exchange is a request as it must come, with S3's documented response.
type exchange struct {
	method, uri string // uri with the query that the SDK adds cut off
	header      map[string]string
	status      int
	respHeader  map[string]string
	body        string
}

// replayed returns a bucket whose requests must be the exchanges, in order.
func replayed(t *testing.T, o *Options, exchanges ...exchange) files.Bucket {
	t.Helper()
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if n == len(exchanges) {
			t.Errorf("one request too many: %s %s", r.Method, r.RequestURI)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		x := exchanges[n]
		n++
		uri, _, _ := strings.Cut(r.RequestURI, "?x-id=")
		if r.Method != x.method || uri != x.uri {
			t.Errorf("request %d is %s %s, want %s %s", n, r.Method, uri, x.method, x.uri)
		}
		for k, want := range x.header {
			if got := r.Header.Get(k); got != want {
				t.Errorf("request %d, %s %s: %s is %q, want %q", n, r.Method, uri, k, got, want)
			}
		}
		for k, v := range x.respHeader {
			w.Header().Set(k, v)
		}
		w.WriteHeader(x.status)
		io.WriteString(w, x.body)
	}))
	t.Cleanup(func() {
		srv.Close()
		if n != len(exchanges) && !t.Failed() {
			t.Errorf("%d requests came, want %d", n, len(exchanges))
		}
	})
	b := offline(srv.URL)
	if o != nil {
		as := *o
		as.Profile = amazon // the server stands for it
		b = New(offlineClient(srv.URL), "bucket", &as)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func xmlError(code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code +
		`</Code><Message>m</Message><Key>k</Key><RequestId>r</RequestId></Error>`
}

// TestRecordedResponses runs what the server of the conformance run doesn't support
// against S3's documented responses.
func TestRecordedResponses(t *testing.T) {
	const v = "6805f2cfc46c0f04559748bb039d69ae"
	head := map[string]string{
		"Content-Length":        "3",
		"ETag":                  `"` + v + `"`,
		"Last-Modified":         "Wed, 28 Oct 2026 22:32:00 GMT",
		"Content-Type":          "a/b",
		"Cache-Control":         "no-cache",
		"X-Amz-Meta-K":          "v",
		"X-Amz-Checksum-Crc32c": "y/Q5Jg==",
		"X-Amz-Checksum-Type":   "FULL_OBJECT",
	}
	copied := `<?xml version="1.0" encoding="UTF-8"?>` +
		`<CopyObjectResult><LastModified>2026-10-28T22:32:01.000Z</LastModified>` +
		`<ETag>"9b2cf535f27731c974343645a3985328"</ETag></CopyObjectResult>`
	look := exchange{
		method:     "HEAD",
		uri:        "/bucket/a",
		status:     200,
		respHeader: head,
	}

	// "If the ETag doesn't match, the delete operation fails with a 412 Precondition
	// Failed response"; "you'll receive a 404 Not Found response as the object key no
	// longer exists":
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
	t.Run("delete if of a version", func(t *testing.T) {
		del := func(status int, code string) exchange {
			return exchange{
				method: "DELETE",
				uri:    "/bucket/a",
				header: map[string]string{"If-Match": `"` + v + `"`},
				status: status,
				body:   code,
			}
		}
		b := replayed(t, nil, del(204, ""), del(412, xmlError("PreconditionFailed")),
			del(404, xmlError("NoSuchKey")), del(409, xmlError("ConditionalRequestConflict")),
			del(204, ""))
		for i, want := range []error{nil, files.ErrPrecondition, files.ErrPrecondition, nil} {
			if err := b.Delete(t.Context(), "a",
				&files.DeleteOptions{IfVersion: v}); !errors.Is(err,
				want) || (want == nil) != (err == nil) {
				t.Errorf("delete %d: %v, want %v", i+1, err, want)
			}
		}
	})

	// If-None-Match and If-Match of CopyObject: "Amazon S3 returns a 412 Precondition
	// Failed error. If a concurrent operation occurs during the upload S3 returns a 409
	// ConditionalRequestConflict response":
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
	t.Run("copy conditions", func(t *testing.T) {
		cp := func(k, want string, status int, body string) exchange {
			return exchange{
				method: "PUT",
				uri:    "/bucket/d/b%20%2B",
				header: map[string]string{
					"X-Amz-Copy-Source":          "bucket/a",
					"X-Amz-Copy-Source-If-Match": `"` + v + `"`,
					k:                            want,
				},
				status: status,
				body:   body,
			}
		}
		b := replayed(t, nil,
			look, cp("If-None-Match", "*", 412, xmlError("PreconditionFailed")), look,
			look, cp("If-None-Match", "*", 409,
				xmlError("ConditionalRequestConflict")), cp("If-None-Match", "*", 200, copied),
			look, cp("If-Match", `"old"`, 412, xmlError("PreconditionFailed")), look,
			look, cp("If-Match", `"old"`, 404, xmlError("NoSuchKey")), look,
			look, cp("If-Match", `"old"`, 200, copied),
		)
		for i, c := range []struct {
			c    files.Condition
			want error
		}{
			{files.IfAbsent(), files.ErrExist},
			{files.IfAbsent(), nil},
			{files.IfVersion("old"), files.ErrPrecondition},
			{files.IfVersion("old"), files.ErrPrecondition},
			{files.IfVersion("old"), nil},
		} {
			info, err := files.Copy(t.Context(), b, "d/b +", b, "a", &files.CopyOptions{
				If:       c.c,
				FullInfo: true,
			})
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("copy %d, %v: %v, want %v", i+1, c.c, err, c.want)
			}
			if err == nil && (info.Size != 3 ||
				info.Version != "9b2cf535f27731c974343645a3985328" || info.Metadata["k"] != "v" ||
				info.ModTime != time.Date(2026, 10, 28, 22, 32, 1, 0, time.UTC)) {
				t.Errorf("copy %d: %+v", i+1, info)
			}
		}
	})

	// Without a HEAD before, a HEAD follows a refusal that may be about the source or
	// the target.
	t.Run("copy conditions, one request", func(t *testing.T) {
		cp := func(header map[string]string, status int, body string) exchange {
			return exchange{
				method: "PUT",
				uri:    "/bucket/b",
				header: header,
				status: status,
				body:   body,
			}
		}
		ifMatch, ifSource, absent := map[string]string{"If-Match": `"old"`},
			map[string]string{"X-Amz-Copy-Source-If-Match": `"` + v + `"`},
			map[string]string{"If-None-Match": "*"}
		changed := exchange{
			method:     "HEAD",
			uri:        "/bucket/a",
			status:     200,
			respHeader: map[string]string{"Content-Length": "4", "ETag": `"new"`},
		}
		gone := exchange{method: "HEAD", uri: "/bucket/a", status: 404}
		refused, none := xmlError("PreconditionFailed"), xmlError("NoSuchKey")
		for i, c := range []struct {
			o    files.CopyOptions
			want error
			x    []exchange
		}{
			{files.CopyOptions{If: files.IfAbsent()}, nil, []exchange{cp(absent, 200, copied)}},
			{
				files.CopyOptions{If: files.IfAbsent()},
				files.ErrExist,
				[]exchange{cp(absent, 412, refused)},
			},
			{
				files.CopyOptions{If: files.IfVersion("old")},
				files.ErrPrecondition,
				[]exchange{cp(ifMatch, 412, refused), look},
			},
			{
				files.CopyOptions{If: files.IfVersion("old")},
				files.ErrPrecondition,
				[]exchange{cp(ifMatch, 404, none), look},
			},
			{
				files.CopyOptions{If: files.IfVersion("old")},
				files.ErrNotExist,
				[]exchange{cp(ifMatch, 404, none), gone},
			},
			{
				files.CopyOptions{IfSource: v},
				files.ErrPrecondition,
				[]exchange{cp(ifSource, 412, refused), changed},
			},
			{
				files.CopyOptions{IfSource: v},
				files.ErrNotExist,
				[]exchange{cp(ifSource, 404, none)},
			},
			{files.CopyOptions{
				IfSource: v,
				If:       files.IfAbsent(),
			}, files.ErrExist, []exchange{cp(absent, 412, refused), look}},
			{files.CopyOptions{
				IfSource: v,
				If:       files.IfAbsent(),
			}, files.ErrPrecondition, []exchange{cp(absent, 412, refused), changed}},
		} {
			b := replayed(t, nil, c.x...)
			_, err := files.Copy(t.Context(), b, "b", b, "a", &c.o)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("copy %d: %v, want %v", i+1, err, c.want)
			}
		}
	})

	// If the source is replaced between the HEAD and the copy, the new version is copied.
	t.Run("source replaced", func(t *testing.T) {
		changed := exchange{
			method:     "HEAD",
			uri:        "/bucket/a",
			status:     200,
			respHeader: map[string]string{"Content-Length": "4", "ETag": `"new"`},
		}
		cp := func(etag string, status int, body string) exchange {
			return exchange{
				method: "PUT",
				uri:    "/bucket/b",
				header: map[string]string{"X-Amz-Copy-Source-If-Match": etag},
				status: status,
				body:   body,
			}
		}
		b := replayed(t, nil, look, cp(`"`+v+`"`, 412, xmlError("PreconditionFailed")), changed,
			changed, cp(`"new"`, 200, copied))
		if info, err := files.Copy(t.Context(), b, "b", b, "a",
			&files.CopyOptions{FullInfo: true}); err != nil || info.Size != 4 {
			t.Errorf("Copy(b) = %+v, %v, want Size 4 and nil", info, err)
		}
	})

	// "REPLACE": "all original metadata is replaced by the metadata you specify":
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
	t.Run("attributes given anew", func(t *testing.T) {
		b := replayed(t, nil, look, exchange{
			method: "PUT",
			uri:    "/bucket/a",
			status: 200,
			body:   copied,
			header: map[string]string{
				"X-Amz-Metadata-Directive": "REPLACE",
				"Content-Type":             "y/z",
				"Cache-Control":            "",
				"X-Amz-Meta-New":           "yes",
				"X-Amz-Meta-K":             "",
			},
		})
		a := files.Attributes{ContentType: "y/z", Metadata: map[string]string{"new": "yes"}}
		if info, err := files.Copy(t.Context(), b, "a", b, "a",
			&files.CopyOptions{Attributes: &a}); err != nil || info.ContentType != "y/z" ||
			info.CacheControl != "" {
			t.Errorf("Copy(a) = %+v, %v, want ContentType %q, CacheControl %q and nil", info, err,
				"y/z", "")
		}
	})

	// S3 requires the metadata again in a copy onto itself that changes only the
	// storage class.
	t.Run("storage class of what is there", func(t *testing.T) {
		b := replayed(t, nil, look, exchange{
			method: "PUT",
			uri:    "/bucket/a",
			status: 200,
			body:   copied,
			header: map[string]string{
				"X-Amz-Metadata-Directive": "REPLACE",
				"Content-Type":             "a/b",
				"Cache-Control":            "no-cache",
				"X-Amz-Meta-K":             "v",
				"X-Amz-Storage-Class":      "GLACIER_IR",
			},
		})
		if _, err := files.Copy(t.Context(), b, "a", b, "a",
			&files.CopyOptions{
				Native: []files.NativeOption{PutOptions{StorageClass: types.StorageClassGlacierIr}},
			}); err != nil {
			t.Errorf("Copy(a) = %v, want nil", err)
		}
	})

	// Keys are flat, and of up to 1,024 bytes:
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
	t.Run("names", func(t *testing.T) {
		long := strings.Repeat("x", 1022)
		var xs []exchange
		names := []string{"a", "a/b", "b/" + long, "odd +%41?#&", "ä/\u00a0"}
		for _, uri := range []string{
			"a", "a/b", "b/" + long, "odd%20%2B%2541%3F%23%26", "%C3%A4/%C2%A0",
		} {
			xs = append(xs, exchange{
				method:     "PUT",
				uri:        "/bucket/" + uri,
				status:     200,
				respHeader: map[string]string{"ETag": `"1"`},
			})
		}
		b := replayed(t, nil, xs...)
		for _, name := range names {
			if _, err := b.Put(t.Context(), name, strings.NewReader("x"), nil); err != nil {
				t.Errorf("%.20q: %v, want nil", name, err)
			}
		}
	})

	// A listing with keys that XML can't hold, files and directories in two lists, and
	// a directory that continues after StartAfter:
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
	t.Run("list", func(t *testing.T) {
		page := func(rest string) string {
			return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>` +
				`<Name>bucket</Name><EncodingType>url</EncodingType>` + rest +
				`</ListBucketResult>`
		}
		object := func(key string) string {
			return `<Contents><Key>` + key +
				`</Key><LastModified>2026-10-28T22:32:01.789Z</LastModified>` +
				`<ETag>&quot;1&quot;</ETag><Size>3</Size></Contents>`
		}
		const listed = "encoding-type=url&list-type=2&max-keys=1000"
		b := replayed(t, nil,
			exchange{
				method: "GET",
				uri:    "/bucket?delimiter=%2F&" + listed,
				status: 200,
				body: page(`<IsTruncated>true</IsTruncated>` +
					`<NextContinuationToken>t</NextContinuationToken>` +
					object("a") + object("a+b%2B%01") + object("c%20d") +
					`<CommonPrefixes><Prefix>a%21/</Prefix></CommonPrefixes>` +
					`<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>`),
			},
			exchange{
				method: "GET",
				uri:    "/bucket?continuation-token=t&delimiter=%2F&" + listed,
				status: 200,
				body: page(`<IsTruncated>false</IsTruncated>` + object("d") +
					`<CommonPrefixes><Prefix>/</Prefix></CommonPrefixes>`),
			},
			exchange{
				method: "GET",
				uri:    "/bucket?delimiter=%2F&" + listed + "&start-after=b%2F",
				status: 200,
				body: page(`<IsTruncated>false</IsTruncated>` + object("c") +
					`<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>`),
			},
		)
		var got []string
		for e, err := range b.List(t.Context(), "", &files.ListOptions{
			Shallow: true,
			Foreign: true,
		}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Name+e.Key)
			if !e.IsDir && (e.Version != "1" || e.Size != 3 || e.ModTime != time.Date(2026, 10, 28,
				22, 32, 1, 0, time.UTC)) {
				t.Errorf("the entry is %+v, want version 1, 3 bytes and the recorded time", e)
			}
		}
		if want := "a|a b+\x01|a!/|b/|c d|/|d"; strings.Join(got, "|") != want {
			t.Errorf("%q, want %q", strings.Join(got, "|"), want)
		}
		got = nil
		for e, err := range b.List(t.Context(), "", &files.ListOptions{
			Shallow:    true,
			StartAfter: "b/",
		}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Name)
		}
		if strings.Join(got, "|") != "c" {
			t.Errorf("after b/: %q", got)
		}
	})
}
