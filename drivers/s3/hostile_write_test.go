package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// tiny is a store of one object behind a gateway.
type tiny struct {
	mu     sync.Mutex
	mark   string
	exists bool
	puts   int
	// gateway may answer in the store's place after a PUT was carried out. It returns
	// whether it did.
	gateway func(w http.ResponseWriter, put int) bool
}

func (s *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*" && s.exists:
		w.WriteHeader(412)
		io.WriteString(w, xmlError("PreconditionFailed"))
	case r.Method == http.MethodPut:
		s.exists, s.mark = true, r.Header.Get("X-Amz-Meta-Cloudfiles-Mark")
		s.puts++
		if s.gateway == nil || !s.gateway(w, s.puts) {
			w.Header().Set("ETag", `"1"`)
		}
	case r.Method == http.MethodHead && s.exists:
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", "7")
		w.Header().Set("X-Amz-Meta-Cloudfiles-Mark", s.mark)
	default:
		w.WriteHeader(404)
	}
}

// TestProxyResponseIsUncertain: after a gateway's response it is uncertain whether the
// write was done, unless a mark shows it.
func TestProxyResponseIsUncertain(t *testing.T) {
	for _, status := range []int{200, 408, 429, 499, 500, 502, 503, 504, 520} {
		for _, body := range []string{"", "<html>gateway</html>"} {
			s := &tiny{gateway: func(w http.ResponseWriter, put int) bool {
				w.WriteHeader(status)
				io.WriteString(w, body)
				return true
			}}
			b, _ := hostile(t, amazon, s.ServeHTTP)
			info, err := oddservice.PutIf(t, b, files.IfAbsent())
			if err != nil || info.Version != "1" {
				t.Errorf("%d %q: %+v, %v, want Version %q and nil", status, body, info, err, "1")
			}
			// Without a mark the outcome is uncertain.
			_, err = oddservice.PutIf(t, b, files.Condition{})
			if files.KindOf(err) != files.ErrUncertain {
				t.Errorf("%d %q: %v, want ErrUncertain", status, body, err)
			}
			// Now another program's file is there.
			s.exists = false
			s.gateway = func(w http.ResponseWriter, _ int) bool {
				s.mark = "another"
				w.WriteHeader(status)
				return true
			}
			_, err = oddservice.PutIf(t, b, files.IfAbsent())
			if !errors.Is(err, files.ErrUncertain) || errors.Is(err, files.ErrExist) ||
				errors.Is(err, files.ErrPrecondition) {
				t.Errorf("%d %q, another's: %v, want ErrUncertain, not ErrExist and not "+
					"ErrPrecondition", status, body, err)
			}
		}
	}
	// A refusal by S3 itself is certain.
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		io.WriteString(w, xmlError("SlowDown"))
	})
	_, err := oddservice.PutIf(t, b, files.Condition{})
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("Put = %v, want ErrUnavailable", err)
	}
	// A conditional delete.
	b, _ = hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
	err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
	if files.KindOf(err) != files.ErrUncertain {
		t.Errorf("Delete(a) = %v, want ErrUncertain", err)
	}
}

// TestStatusWithoutCondition: 304 and 412 to a request without a condition aren't valid
// responses, and a status alone isn't a reason.
func TestStatusWithoutCondition(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
	}{
		{304, ""},
		{412, "PreconditionFailed"},
		{412, "OrgPolicyConstraintFailed"},
		{409, "Whatever"},
	} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			if c.code != "" && r.Method != http.MethodHead {
				io.WriteString(w, xmlError(c.code))
			}
		})
		for op, do := range every {
			err := do(t.Context(), b)
			if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
				t.Errorf("%d %s, %s: %v, want ErrUnavailable or ErrUncertain", c.status, c.code, op,
					err)
			}
		}
		if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%d %s, stat: %v, want ErrUnavailable", c.status, c.code, err)
		}
		if c.code == "PreconditionFailed" {
			continue
		}
		for _, cond := range []files.Condition{files.IfAbsent(), files.IfVersion("1")} {
			_, err := oddservice.PutIf(t, b, cond)
			switch files.KindOf(err) {
			case files.ErrExist, files.ErrPrecondition, nil:
				t.Errorf("%d %s to a Put with %v: %v, want an error that isn't a failed condition",
					c.status, c.code, cond, err)
			}
		}
	}
	// A 404 to a write says nothing about a file.
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		io.WriteString(w, xmlError("NoSuchKey"))
	})
	for _, op := range []string{"put", "put in parts", "list"} {
		if err := every[op](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
			t.Errorf("404 to %s: %v, want ErrUnavailable", op, err)
		}
	}
	if err := every["get"](t.Context(), b); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("404 to a get: %v, want ErrNotExist", err)
	}
}

// TestDeleteMatch: a name that the response should have and doesn't counts as not
// deleted.
func TestDeleteMatch(t *testing.T) {
	names := func(yield func(string) bool) { _ = yield("a") && yield("b") && yield("c") }
	result := func(s string) string { return "<DeleteResult>" + s + "</DeleteResult>" }
	failed := func(key, code string) string {
		return "<Error><Key>" + key + "</Key><Code>" + code + "</Code></Error>"
	}
	deleted := func(key string) string { return "<Deleted><Key>" + key + "</Key></Deleted>" }
	for _, c := range []struct {
		what, body string
		failures   int
		kind       error
	}{
		{"nothing told", "", 0, nil},
		{"all told", deleted("a") + deleted("b") + deleted("c"), 0, nil},
		{"one is missing", deleted("a") + deleted("b"), 1, files.ErrUnavailable},
		{"one failed", failed("b", "AccessDenied"), 1, files.ErrPermission},
		{"one was gone", failed("b", "NoSuchKey"), 0, nil},
		{"a code that isn't known", failed("b", "Odd"), 1, files.ErrUnavailable},
		{"no code", failed("b", ""), 1, files.ErrUnavailable},
		{
			"an error of no name", "<Error><Code>AccessDenied</Code></Error>", 3,
			files.ErrUnavailable,
		},
		{"an error of another name", failed("z", "AccessDenied"), 3, files.ErrUnavailable},
		{"one matched, one not", failed("a", "AccessDenied") + failed("z", "AccessDenied"), 3, nil},
		{
			"another was deleted", deleted("a") + deleted("b") + deleted("z"), 1,
			files.ErrUnavailable,
		},
	} {
		b, requests := hostile(t, amazon, says(result(c.body)))
		out, err := files.DeleteMany(t.Context(), b, names)
		if len(out.Failed) != c.failures || (c.failures > 0) != (err != nil) {
			t.Errorf("%s: DeleteMany = %+v, %v, want %d failures", c.what, out, err, c.failures)
		}
		for _, f := range out.Failed {
			if c.kind != nil && !errors.Is(f, c.kind) {
				t.Errorf("%s: the failure is %v, want %v", c.what, f, c.kind)
			}
		}
		if n := requests.Load(); n > 3 {
			t.Errorf("%s: %d requests, want at most 3", c.what, n)
		}
	}
}

// TestDeleteMD5: a store that requires Content-MD5, whichever way it says so, gets the
// request again with it.
func TestDeleteMD5(t *testing.T) {
	for _, code := range []string{
		"MissingContentMD5", "InvalidRequest", "MissingArgument", "MissingRequiredHeader",
		"InvalidArgument",
	} {
		b, requests := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Md5") == "" {
				w.WriteHeader(400)
				io.WriteString(w, xmlError(code))
				return
			}
			io.WriteString(w, "<DeleteResult/>")
		})
		for range 2 {
			if err := every["delete many"](t.Context(), b); err != nil {
				t.Errorf("%s: %v, want nil", code, err)
			}
		}
		if n := requests.Load(); n != 3 {
			t.Errorf("%s: %d requests, want 2 and then 1", code, n)
		}
		if !b.Features().Digests {
			t.Errorf("%s: checksums are off", code)
		}
	}
}

// TestDeleteWithoutMD5: a program without MD5 deletes each name by a request.
func TestDeleteWithoutMD5(t *testing.T) {
	works := md5Works
	defer func() { md5Works = works }()
	md5Works = func() bool { return false }
	single := 0
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			single++
			w.WriteHeader(204)
			return
		}
		w.WriteHeader(400)
		io.WriteString(w, xmlError("MissingContentMD5"))
	})
	if err := every["delete many"](t.Context(), b); err != nil || single != 2 {
		t.Errorf("%d were deleted, %v, want 2 and nil", single, err)
	}
}

// TestOtherHosts: no request is sent where a response points.
func TestOtherHosts(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, "other")
	}))
	defer other.Close()
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		for op, do := range every {
			if err := do(t.Context(), b); err == nil || files.KindOf(err) == files.ErrNotExist {
				t.Errorf("%d, %s: %v, want anything but ErrNotExist", status, op, err)
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached another host, want 0", n)
	}
	// The error for S3's redirect says what to write.
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", other.URL+r.URL.Path)
		w.WriteHeader(307)
		io.WriteString(w, `<Error><Code>TemporaryRedirect</Code><Region>eu-west-3</Region></Error>`)
	})
	err := every["get"](t.Context(), b)
	if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), "region=eu-west-3") {
		t.Errorf("%v, want ErrInvalid and a text with %q", err, "region=eu-west-3")
	}
}

// TestResponseLimits: how much of a response is read has a limit, and a call ends when
// its context does.
func TestResponseLimits(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request, head string) {
		io.WriteString(w, head)
		junk := []byte(strings.Repeat("<x>0123456789</x>", 4096))
		for r.Context().Err() == nil {
			if _, err := w.Write(junk); err != nil {
				return
			}
		}
	}
	for what, c := range map[string]struct {
		op string
		h  func(w http.ResponseWriter, r *http.Request)
	}{
		"an error": {"get", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			endless(w, r, "<Error><Code>NoSuchKey</Code>")
		}},
		"a page": {"list", func(w http.ResponseWriter, r *http.Request) {
			endless(w, r, "<ListBucketResult>")
		}},
		"a delete's body": {"delete", func(w http.ResponseWriter, r *http.Request) {
			endless(w, r, "<html>")
		}},
	} {
		b, requests := hostile(t, amazon, c.h)
		if err := every[c.op](t.Context(), b); !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", what, err)
		}
		if n := requests.Load(); n > 3 {
			t.Errorf("%s: %d requests, want at most 3", what, n)
		}
	}
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		// a body without an end, slowly
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for r.Context().Err() == nil && r.Method != http.MethodHead {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			select { // slow enough for a reader to keep up
			case <-pace.C:
			case <-r.Context().Done():
			}
		}
	})
	for op, do := range every {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		start := time.Now()
		err := do(ctx, b)
		if took := time.Since(start); err == nil || took > 30*time.Second {
			t.Errorf("%s: %v after %v, want an error and at most %v", op, err, took,
				30*time.Second)
		}
		cancel()
	}
}
