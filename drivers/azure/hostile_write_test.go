package azure

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestProxyResponseLeavesOutcomeOpen: the write was carried out, and then a gateway
// responded in the service's place.
func TestProxyResponseLeavesOutcomeOpen(t *testing.T) {
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		for what, cond := range map[string]files.Condition{
			"absent": files.IfAbsent(), "version": files.IfVersion("0"), "none": {},
		} {
			for _, kept := range []bool{true, false} { // whether the blob is still there afterwards
				var mark string
				n := 0
				b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Method == http.MethodHead:
						if kept {
							azures(w).Set("X-Ms-Meta-"+markKey, mark)
						}
						holds(w, r, `"9"`, "content")
					case n == 0:
						n, mark = 1, r.Header.Get("X-Ms-Meta-"+markKey)
						w.Header().Set("Content-Type", "text/html")
						w.WriteHeader(status)
						io.WriteString(w, "<html>Bad Gateway</html>")
					case what == "absent":
						refuses(w, 409, "BlobAlreadyExists")
					default:
						refuses(w, 412, "ConditionNotMet")
					}
				})
				info, err := oddservice.PutIf(t, b, cond)
				if kept && what != "none" {
					if err != nil || info.Version != "9" {
						t.Errorf("%d, %s: %+v, %v; want its own write", status, what, info, err)
					}
					continue
				}
				if !errors.Is(err, files.ErrUncertain) || errors.Is(err, files.ErrExist) ||
					errors.Is(err, files.ErrPrecondition) {
					t.Errorf("%d, %s, another's file: %v, want only ErrUncertain", status, what,
						err)
				}
			}
		}
	}
	// The gateway responds to every attempt: the mark decides at the end.
	var mark string
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			azures(w).Set("X-Ms-Meta-"+markKey, mark)
			holds(w, r, `"9"`, "content")
			return
		}
		mark = r.Header.Get("X-Ms-Meta-" + markKey)
		w.WriteHeader(503)
	})
	if info, err := oddservice.PutIf(t, b, files.IfAbsent()); err != nil || info.Version != "9" {
		t.Errorf("Put = %+v, %v, want Version %q and nil", info, err, "9")
	}
	if _, err := oddservice.PutIf(t, b, files.Condition{}); !errors.Is(err, files.ErrUncertain) {
		t.Errorf("unconditional Put = %v, want ErrUncertain", err)
	}
}

// TestCodesDecide: 409, 412 and 404 mean what their code says, and a condition fails only
// if it was sent.
func TestCodesDecide(t *testing.T) {
	put := func(c files.Condition) func(t *testing.T, b files.Bucket) error {
		return func(t *testing.T, b files.Bucket) error {
			_, err := oddservice.PutIf(t, b, c)
			return err
		}
	}
	plain, absent, version := put(files.Condition{}), put(files.IfAbsent()),
		put(files.IfVersion("1"))
	get := func(t *testing.T, b files.Bucket) error {
		_, err := b.Get(t.Context(), "a", nil)
		return err
	}
	remove := func(t *testing.T, b files.Bucket) error { return b.Delete(t.Context(), "a", nil) }
	for _, c := range []struct {
		status int
		code   string
		what   string
		do     func(*testing.T, files.Bucket) error
		want   error
	}{
		{409, "BlobAlreadyExists", "if absent", absent, files.ErrExist},
		{409, "BlobAlreadyExists", "plain", plain, files.ErrUnavailable},
		{412, "ConditionNotMet", "if absent", absent, files.ErrExist},
		{412, "ConditionNotMet", "if version", version, files.ErrPrecondition},
		{412, "ConditionNotMet", "plain", plain, files.ErrUnavailable},
		{412, "ConditionNotMet", "get", get, files.ErrUnavailable},
		{412, "ConditionNotMet", "delete", remove, files.ErrUnavailable},
		{404, "BlobNotFound", "plain", plain, files.ErrUnavailable},
		{404, "BlobNotFound", "if absent", absent, files.ErrUnavailable},
		{404, "BlobNotFound", "if version", version, files.ErrPrecondition},
		{404, "ContainerNotFound", "if version", version, files.ErrNoBucket},
		{404, "UnheardOf", "plain", plain, files.ErrUnavailable},
		{409, "InvalidBlobType", "if absent", absent, files.ErrUnsupported},
		{409, "BlobImmutableDueToPolicy", "if absent", absent, files.ErrPermission},
		{409, "LeaseAlreadyPresent", "if absent", absent, files.ErrPermission},
		{409, "PendingCopyOperation", "if absent", absent, files.ErrUnavailable},
		{409, "ContainerBeingDeleted", "if absent", absent, files.ErrNoBucket},
		{409, "UnheardOf", "if absent", absent, files.ErrUnavailable},
		{412, "LeaseIdMissing", "if absent", absent, files.ErrPermission},
		{412, "UnheardOf", "if version", version, files.ErrUnavailable},
		{412, "SourceConditionNotMet", "plain", plain, files.ErrUnavailable},
	} {
		b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			refuses(w, c.status, c.code)
		})
		if err := c.do(t, b); files.KindOf(err) != c.want {
			t.Errorf("%d %s, %s: %v, want %v", c.status, c.code, c.what, err, c.want)
		}
	}
	b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		refuses(w, 409, "InvalidBlobType")
	})
	if err := plain(t, b); err == nil || !strings.Contains(err.Error(), "append blob") {
		t.Errorf("Put to an append blob's name = %v, want a text with %q", err, "append blob")
	}
}

// TestUnreadableSources: copies whose source the service can't read, or that is
// replaced meanwhile.
// https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
func TestUnreadableSources(t *testing.T) {
	for _, status := range []int{401, 403, 404, 409, 412, 500} {
		var stored string
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("X-Ms-Copy-Source") != "":
				refuses(w, status, "CannotVerifyCopySource")
			case r.Method == http.MethodPut:
				stored = r.URL.Path
				made(w, `"2"`)
			default:
				holds(w, r, `"1"`, "content")
			}
		})
		if _, err := files.Copy(t.Context(), b, "b", b, "a",
			nil); err != nil || !strings.HasSuffix(stored, "/b") {
			t.Errorf("%d: %v, stored %q; want it through the program", status, err, stored)
		}
	}
	// A source that was replaced meanwhile is copied again, unless IfSource is set.
	version := 1
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		tag := `"` + string(rune('0'+version)) + `"`
		switch {
		case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != tag:
			refuses(w, 412, "ConditionNotMet")
		case r.Header.Get("X-Ms-Copy-Source") == "":
			holds(w, r, tag, "content")
			if version == 1 {
				version = 2
			}
		case r.Header.Get("X-Ms-Source-If-Match") != tag:
			refuses(w, 412, "SourceConditionNotMet")
		default:
			made(w, `"9"`)
		}
	})
	if info, err := files.Copy(t.Context(), b, "b", b, "a",
		nil); err != nil || info.Version != "9" {
		t.Errorf("Copy(b) = %+v, %v, want Version %q and nil", info, err, "9")
	}
	version = 1
	_, err := files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{IfSource: "1"})
	if !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("Copy with IfSource = %v, want ErrPrecondition", err)
	}
}

// TestHeadersThatCantBeSent: the service would compute another signature for a header
// that isn't ASCII, so nothing is sent.
func TestHeadersThatCantBeSent(t *testing.T) {
	b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			refuses(w, 403, "AuthenticationFailed")
			return
		}
		azures(w).Set("Content-Disposition", `attachment; filename="ü.txt"`)
		holds(w, r, `"1"`, "content")
	})
	bad := files.Attributes{ContentDisposition: `attachment; filename="ü.txt"`}
	_, put := b.Put(t.Context(), "a", strings.NewReader("x"), &files.PutOptions{Attributes: bad})
	if !errors.Is(put, files.ErrInvalid) || requests.Load() != 0 {
		t.Errorf("put: %v, %d requests, want ErrInvalid and 0", put, requests.Load())
	}
	if _, err := files.Copy(t.Context(), b, "b", b, "a",
		nil); errors.Is(err, files.ErrPermission) || err == nil {
		t.Errorf("copy: %v, want anything but ErrPermission", err)
	}
}

// TestBatchesThatLie: a deletion without its own response in the batch isn't considered
// done.
func TestBatchesThatLie(t *testing.T) {
	part := func(id, status string) string {
		return "--b\r\nContent-Type: application/http\r\nContent-ID: " + id + "\r\n\r\nHTTP/1.1 " +
			status +
			"\r\nx-ms-request-id: 1\r\n\r\n\r\n"
	}
	const end = "--b--\r\n"
	for what, c := range map[string]struct {
		body  string
		gone  int // in requests of their own
		fails bool
	}{
		"all":             {part("0", "202 Accepted") + part("1", "202 Accepted") + end, 0, false},
		"one is missing":  {part("0", "202 Accepted") + end, 0, true},
		"one comes twice": {part("0", "202 Accepted") + part("0", "202 Accepted") + end, 1, false},
		"another's":       {part("0", "202 Accepted") + part("77", "202 Accepted") + end, 0, true},
		"a negative one":  {part("0", "202 Accepted") + part("-1", "202 Accepted") + end, 0, true},
		"another's error": {part("0", "202 Accepted") + part("77", "404 Not Found") + end, 0, true},
		"a proxy's 404": {part("0",
			"202 Accepted") + strings.Replace(part("1", "404 Not Found"), "x-ms-request-id", "x",
			1) + end, 1, false},
		"nothing": {end, 0, true},
		"cut off": {part("0", "202 Accepted"), 0, true},
	} {
		deleted := 0
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			azures(w)
			if r.Method == http.MethodDelete {
				deleted++
				w.WriteHeader(202)
				return
			}
			w.Header().Set("Content-Type", "multipart/mixed; boundary=b")
			w.WriteHeader(202)
			io.WriteString(w, c.body)
		})
		err := every["delete many"](t.Context(), b)
		if (err != nil) != c.fails || deleted != c.gone {
			t.Errorf("%s: %v, %d deleted in requests of their own; want a failure: %v, %d", what,
				err, deleted,
				c.fails, c.gone)
		}
	}
}

// TestRetryAfter: both forms of the header are read.
func TestRetryAfter(t *testing.T) {
	in := func(v string) time.Duration { return retryAfter(http.Header{"Retry-After": {v}}) }
	at := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	past := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	if d := in(at); d < 50*time.Minute || d > time.Hour {
		t.Errorf("%s: %v, want at least %v and at most %v", at, d, 50*time.Minute, time.Hour)
	}
	if in("7") != 7*time.Second || in("-7") != 0 || in("soon") != 0 || in(past) != 0 {
		t.Errorf("%v, %v, %v, %v, want %v and %v", in("7"), in("-7"), in("soon"), in(past),
			7*time.Second, 0)
	}
}
