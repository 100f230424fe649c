package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"google.golang.org/api/googleapi"
)

// replayed opens a bucket whose service is the function.
func replayed(t *testing.T, answer http.HandlerFunc) files.Bucket {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	b := openBucket(t, "gs://bucket?retry_attempts=1")
	t.Cleanup(func() { b.Close() })
	return b
}

// TestRecordedResponses: the service's documented responses
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes and
// https://cloud.google.com/storage/docs/xml-api/reference-status) have the right sentinel
// (E2, E3).
func TestRecordedResponses(t *testing.T) {
	var status int
	var kind, text string
	b := replayed(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		io.WriteString(w, text)
	})
	stat := func(ctx context.Context) error { _, err := b.Stat(ctx, "n", nil); return err }
	get := func(ctx context.Context) error { _, err := b.Get(ctx, "n", nil); return err }
	put := func(ctx context.Context) error {
		_, err := files.PutString(ctx, b, "n", "x", nil)
		return err
	}
	create := func(ctx context.Context) error {
		_, err := b.Put(ctx, "n", strings.NewReader("x"), &files.PutOptions{If: files.IfAbsent()})
		return err
	}
	putV := func(ctx context.Context) error {
		_, err := b.Put(ctx, "n", strings.NewReader("x"),
			&files.PutOptions{If: files.IfVersion("1")})
		return err
	}
	getV := func(ctx context.Context) error {
		_, err := b.Get(ctx, "n", &files.GetOptions{IfVersion: "1"})
		return err
	}
	list := func(ctx context.Context) error {
		for _, err := range b.List(ctx, "", nil) {
			return err
		}
		return nil
	}
	remove := func(ctx context.Context) error { return b.Delete(ctx, "n", nil) }
	removeV := func(ctx context.Context) error {
		return b.Delete(ctx, "n", &files.DeleteOptions{IfVersion: "1"})
	}
	json := func(code int, reason, message string) string {
		return fmt.Sprintf(`{"error":{"code":%d,"message":%q,`+
			`"errors":[{"message":%[2]q,"domain":"global","reason":%q}]}}`,
			code, message, reason)
	}
	xml := func(code string) string {
		return "<?xml version='1.0' encoding='UTF-8'?><Error><Code>" + code +
			"</Code><Message>secret words</Message></Error>"
	}
	for _, c := range []struct {
		what   string
		do     func(context.Context) error
		status int
		text   string
		want   error
	}{
		{"stat", stat, 404, json(404, "notFound", "No such object: bucket/n"), files.ErrNotExist},
		{"stat", stat, 404, json(404, "notFound",
			"The specified bucket does not exist."), files.ErrNoBucket},
		{"stat", stat, 403, json(403, "forbidden",
			"secret does not have storage.objects.get access"), files.ErrPermission},
		{"stat", stat, 401, json(401, "required", "Anonymous caller secret"), files.ErrPermission},
		{"stat", stat, 404, "<html>secret</html>", files.ErrUnavailable},
		{"get", get, 404, xml("NoSuchKey"), files.ErrNotExist},
		{"get", get, 404, xml("NoSuchBucket"), files.ErrNoBucket},
		{"get", get, 403, xml("AccessDenied"), files.ErrPermission},
		{"get", get, 403, xml("ExpiredToken"), files.ErrPermission},
		{"get", get, 412, xml("PreconditionFailed"), files.ErrUnavailable}, // no condition was sent
		{"get of a version", getV, 412, xml("PreconditionFailed"), files.ErrPrecondition},
		{"get", get, 503, xml("ServiceUnavailable"), files.ErrUnavailable},
		{"get", get, 200, "no object at all", files.ErrUnavailable},
		{"put", put, 404, json(404, "notFound",
			"The specified bucket does not exist."), files.ErrNoBucket},
		{"put", put, 412, json(412, "conditionNotMet", "secret"), files.ErrUnavailable},
		{"put of a version", putV, 412, json(412, "conditionNotMet",
			"secret"), files.ErrPrecondition},
		{"put", put, 429, json(429, "rateLimitExceeded",
			"The object secret exceeded the rate limit"), files.ErrUnavailable},
		{"put", put, 403, json(403, "rateLimitExceeded", "secret"), files.ErrUnavailable},
		{"put", put, 400, json(400, "invalid",
			`Provided CRC32C "a" doesn't match calculated CRC32C "b".`), files.ErrCorrupt},
		{"put", put, 400, json(400, "invalid", "Invalid argument secret"), files.ErrInvalid},
		{"put", put, 413, json(413, "uploadTooLarge", "secret"), files.ErrTooLarge},
		{"put", put, 500, json(500, "internalError", "secret"), files.ErrUncertain},
		{"put", put, 200, "<html>welcome to this network</html>", files.ErrUncertain},
		{"put", put, 302, "", files.ErrUnavailable},
		{"create", create, 412, json(412, "conditionNotMet", "secret"), files.ErrExist},
		{"list", list, 404, json(404, "notFound",
			"The specified bucket does not exist."), files.ErrNoBucket},
		{"list", list, 403, json(403, "forbidden", "secret"), files.ErrPermission},
		{"list", list, 200, "<html>welcome</html>", files.ErrUnavailable},
		{"delete", remove, 404, json(404, "notFound", "No such object: bucket/n"), nil},
		{"delete", remove, 404, json(404, "notFound",
			"The specified bucket does not exist."), files.ErrNoBucket},
		{"delete", remove, 403, json(403, "retentionPolicyNotMet", "secret"), files.ErrPermission},
		{"delete of a version", removeV, 404, json(404, "notFound",
			"No such object: bucket/n"), files.ErrPrecondition},
		{"delete of a version", removeV, 412, json(412, "conditionNotMet",
			"secret"), files.ErrPrecondition},
	} {
		status, text, kind = c.status, c.text, "application/json; charset=UTF-8"
		if strings.HasPrefix(text, "<html") {
			kind = "text/html"
		} else if strings.HasPrefix(text, "<?xml") {
			kind = "application/xml; charset=UTF-8"
		}
		err := c.do(t.Context())
		if files.KindOf(err) != c.want {
			t.Errorf("%s, %d %s: %v, want %v", c.what, c.status, c.text, err, c.want)
			continue
		}
		if err == nil {
			continue
		}
		if s := err.Error(); strings.Contains(s,
			"secret") || strings.Contains(s, "127.0.0.1") || strings.Contains(s, "bucket/") {
			t.Errorf("%s, %d: the text is %q, want no %q, no %q and no %q", c.what, c.status, s,
				"secret", "127.0.0.1", "bucket/")
		}
		if e, ok := errors.AsType[*googleapi.Error](err); c.status >= 400 && (!ok ||
			e.Code != c.status) {
			t.Errorf("%s, %d: errors.As doesn't find the service's error: %v", c.what, c.status, e)
		}
		if after, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err); c.status >= 400 && (!ok || after.RetryAfter() != 7*time.Second) {
			t.Errorf("%s, %d: the requested delay is lost", c.what, c.status)
		}
	}
}

// TestSentConditions: each condition and native option is sent as the service documents
// it (https://cloud.google.com/storage/docs/json_api/v1/objects).
func TestSentConditions(t *testing.T) {
	var got []string
	b := replayed(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got,
			r.Method+" "+r.URL.String()+" "+r.Header.Get("X-Goog-If-Generation-Match")+
				r.Header.Get("Accept-Encoding")+" "+string(body))
		kind := "object"
		if strings.Contains(r.URL.Path, "/rewriteTo/") {
			kind = "rewriteResponse"
		}
		const o = `"size":"1","generation":"2"`
		fmt.Fprintf(w, `{"kind":"storage#%s","done":true,"resource":{"kind":"storage#object",%s},`+
			`%[2]s}`, kind, o)
	})
	ctx := t.Context()
	until := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	native := []files.NativeOption{PutOptions{
		StorageClass:   "COLDLINE",
		KMSKeyName:     "projects/p/key",
		PredefinedACL:  "publicRead",
		CustomTime:     until,
		TemporaryHold:  true,
		EventBasedHold: true,
		Retention:      "Locked",
		RetainUntil:    until,
	}}
	b.Put(ctx, "a", strings.NewReader("x"), &files.PutOptions{If: files.IfAbsent(), Native: native})
	b.Put(ctx, "a", strings.NewReader("x"), &files.PutOptions{If: files.IfVersion("7")})
	b.Get(ctx, "ä/b", &files.GetOptions{IfVersion: "7"})
	b.Delete(ctx, "ä/b", &files.DeleteOptions{IfVersion: "7"})
	files.Copy(ctx, b, "to/x", b, "ä/b", &files.CopyOptions{
		If:         files.IfVersion("8"),
		IfSource:   "7",
		Attributes: &files.Attributes{ContentType: "a/b"},
		Native:     native,
	})
	for i, want := range [][]string{
		{
			"POST /upload/storage/v1/b/bucket/o?",
			"ifGenerationMatch=0",
			"kmsKeyName=projects%2Fp%2Fkey",
			"predefinedAcl=publicRead",
			"uploadType=multipart",
			`"storageClass":"COLDLINE"`,
			`"customTime":"2030-01-02T03:04:05Z"`,
			`"temporaryHold":true`,
			`"eventBasedHold":true`,
			`"retention":{"mode":"Locked","retainUntilTime":"2030-01-02T03:04:05Z"}`,
			`"crc32c":"`,
			markKey,
		},
		{"ifGenerationMatch=7", markKey},
		{"GET /bucket/%C3%A4%2Fb", " 7gzip "},
		{"DELETE /storage/v1/b/bucket/o/%C3%A4%2Fb?ifGenerationMatch=7"},
		{
			"POST /storage/v1/b/bucket/o/%C3%A4%2Fb/rewriteTo/b/bucket/o/to%2Fx?",
			"ifGenerationMatch=8", "ifSourceGenerationMatch=7",
			"destinationKmsKeyName=projects%2Fp%2Fkey", "destinationPredefinedAcl=publicRead",
			`"storageClass":"COLDLINE"`,
		},
	} {
		if i >= len(got) {
			t.Fatalf("%d requests: %q", len(got), got)
		}
		for _, w := range want {
			if !strings.Contains(got[i], w) {
				t.Errorf("request %d is %q, want %q in it", i, got[i], w)
			}
		}
	}
	// generation 0 would mean that there is no file
	for _, v := range []files.Version{"0", "-1", "007", "x", " 7"} {
		n := len(got)
		_, err := b.Put(ctx, "a", strings.NewReader("x"), &files.PutOptions{If: files.IfVersion(v)})
		if files.KindOf(err) != files.ErrPrecondition || len(got) != n {
			t.Errorf("Put of the version %q: %v", v, err)
		}
	}
	for _, bad := range []files.NativeOption{
		PutOptions{Retention: "Locked"},
		PutOptions{RetainUntil: until},
		PutOptions{
			Retention:   "locked",
			RetainUntil: until,
		},
	} {
		if _, err := b.Put(ctx, "a", strings.NewReader("x"),
			&files.PutOptions{
				Native: []files.NativeOption{bad},
			}); files.KindOf(err) != files.ErrInvalid {
			t.Errorf("Put with %+v: %v, want ErrInvalid", bad, err)
		}
	}
	if _, err := files.PutString(ctx, b, reserved+"x", "x",
		nil); files.KindOf(err) != files.ErrUnsupported {
		t.Errorf("Put under %s: %v, want ErrUnsupported", reserved, err)
	}
}

// TestLongCopy: a copy between locations takes several steps, each with the token of the
// previous one (https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite).
func TestLongCopy(t *testing.T) {
	var tokens []string
	b := replayed(t, func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.URL.Query().Get("rewriteToken"))
		if len(tokens) < 3 {
			fmt.Fprintf(w, `{"kind":"storage#rewriteResponse","done":false,`+
				`"rewriteToken":"t%d"}`, len(tokens))
			return
		}
		fmt.Fprint(w, `{"kind":"storage#rewriteResponse","done":true,"resource":`+
			`{"kind":"storage#object","size":"9","generation":"2","contentType":"a/b"}}`)
	})
	info, err := files.Copy(t.Context(), b, "to", b, "from", nil)
	if err != nil || info.Size != 9 || info.Version != "2" || info.ContentType != "a/b" ||
		!slices.Equal(tokens, []string{"", "t1", "t2"}) {
		t.Errorf("Copy: %+v, %v, tokens %q, want Size 9, Version %q, ContentType %q, nil and %q",
			info, err, tokens, "2", "a/b", []string{"", "t1", "t2"})
	}
}

// TestHeadersAreRead: Get reads every field from a response of the XML API
// (https://cloud.google.com/storage/docs/xml-api/reference-headers).
func TestHeadersAreRead(t *testing.T) {
	b := replayed(t, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for k, v := range map[string]string{
			"Content-Type":                   "text/plain",
			"Cache-Control":                  "no-cache",
			"Content-Disposition":            "inline",
			"Content-Encoding":               "gzip",
			"Content-Language":               "de",
			"Last-Modified":                  "Fri, 02 Jan 2026 03:04:05 GMT",
			"ETag":                           `"e"`,
			"X-Goog-Generation":              "17",
			"X-Goog-Metageneration":          "3",
			"X-Goog-Stored-Content-Encoding": "gzip",
			"X-Goog-Stored-Content-Length":   "4",
			"X-Goog-Storage-Class":           "STANDARD",
			"X-Goog-Meta-Kind":               "x",
		} {
			h.Set(k, v)
		}
		h["X-Goog-Hash"] = []string{"crc32c=hqBywA==", "md5=CY9rzUYh03PK3k6DJie09g=="} // of "test"
		io.WriteString(w, "test")
	})
	r, err := b.Get(t.Context(), "n", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	i := r.Info()
	if got, want := fmt.Sprintf("%d %s %v %v %s %s", i.Size, i.Version, i.ModTime, i.Attributes,
		i.Digest.CRC32C, i.Digest.MD5),
		"4 17 2026-01-02 03:04:05 +0000 UTC {text/plain no-cache inline gzip de map[kind:x]} "+
			"86a072c0 098f6bcd4621d373cade4e832627b4f6"; got != want {
		t.Errorf("Get = %s, want %s", got, want)
	}
	if content, err := r.ReadString(); content != "test" || err != nil {
		t.Errorf("the content is %q, %v, want %q and nil", content, err, "test")
	}
}
