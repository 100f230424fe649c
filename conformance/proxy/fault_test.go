package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
)

// TestFaults checks what each fault does to a request of 1,000 bytes with a response
// of 1,000 bytes: what reaches the server, and what reaches the client.
func TestFaults(t *testing.T) {
	const size = 1000
	var served atomic.Int64 // requests that the server read to their end
	handler := func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != size {
			return
		}
		served.Add(1)
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.CopyN(w, zeros{}, size)
	}
	type outcome struct {
		served int64 // by the server, to the end
		status int   // 0: no response
		body   int   // bytes that came
		err    error // of the body, or of the request
	}
	anything := errors.New("any error")
	for name, c := range map[string]struct {
		fault proxy.Fault
		want  outcome
	}{
		"latency":              {proxy.Latency(time.Millisecond), outcome{1, 200, size, nil}},
		"bandwidth":            {proxy.Bandwidth(50_000), outcome{1, 200, size, nil}},
		"reset before":         {proxy.ResetBefore(), outcome{0, 0, 0, syscall.ECONNRESET}},
		"reset during":         {proxy.ResetDuring(10), outcome{0, 0, 0, syscall.ECONNRESET}},
		"reset during, late":   {proxy.ResetDuring(size * 2), outcome{0, 0, 0, syscall.ECONNRESET}},
		"reset after":          {proxy.ResetAfter(), outcome{1, 0, 0, syscall.ECONNRESET}},
		"truncate":             {proxy.Truncate(10), outcome{1, 200, 10, anything}},
		"truncate, half":       {proxy.Truncate(-1), outcome{1, 200, size / 2, anything}},
		"truncate, at the end": {proxy.Truncate(size), outcome{1, 200, 0, anything}},
		"length, too long":     {proxy.WrongLength(7), outcome{1, 200, size, anything}},
		"length, too short":    {proxy.WrongLength(-7), outcome{1, 200, size - 7, nil}},
		"answer": {
			proxy.Answer("teapot", 418, http.Header{"X-A": {"b"}}, "short"),
			outcome{0, 418, 5, nil},
		},
		"HTML":     {proxy.HTML(502), outcome{0, 502, 152, nil}},
		"redirect": {proxy.Redirect(307, "http://elsewhere/"), outcome{0, 307, 0, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, nil, handler,
				func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
					served.Store(0)
					p.Add(proxy.Rule{Fault: c.fault})
					var got outcome
					req, err := http.NewRequest("PUT", url+"/f", io.LimitReader(zeros{}, size))
					if err != nil {
						t.Fatal(err)
					}
					req.ContentLength = size
					resp, err := client.Do(req)
					if err == nil {
						var b []byte
						b, err = io.ReadAll(resp.Body)
						resp.Body.Close()
						got.status, got.body = resp.StatusCode, len(b)
					}
					got.served = served.Load()
					if got.err = err; c.want.err == anything && err != nil || errors.Is(err,
						c.want.err) {
						got.err = c.want.err
					}
					// A client on the wire may get an error from its own write before
					// the reset.
					if errors.Is(err, syscall.EPIPE) && c.want.err == syscall.ECONNRESET {
						got.err = c.want.err
					}
					if got != c.want {
						t.Errorf("%+v, want %+v", got, c.want)
					}
					if n := p.Injected()[c.fault.Name]; n != 1 {
						t.Errorf("Injected() = %v, want one %q", p.Injected(), c.fault.Name)
					}
				})
		})
	}
}

// TestNoBody checks faults of bodies on requests and responses without one.
func TestNoBody(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }
	for name, c := range map[string]struct {
		fault  proxy.Fault
		status int // of a HEAD
	}{
		"truncate":     {proxy.Truncate(-1), 0},
		"reset during": {proxy.ResetDuring(1), 0},
		"length":       {proxy.WrongLength(5), 204},
		"HTML":         {proxy.HTML(502), 502},
		"slow down":    {proxy.S3.SlowDown(0), 503},
		"bandwidth":    {proxy.Bandwidth(1), 204},
		"stall upload": {proxy.StallUpload(0), 204},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, nil, handler,
				func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
					p.Add(proxy.Rule{Fault: c.fault})
					resp, err := client.Head(url)
					if err != nil {
						if c.status != 0 || !errors.Is(err,
							syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
							t.Error(err)
						}
						return
					}
					b, err := io.ReadAll(resp.Body)
					if resp.Body.Close(); len(b) != 0 || err != nil || resp.StatusCode != c.status {
						t.Errorf("%d, %q, %v; want %d", resp.StatusCode, b, err, c.status)
					}
				})
		})
	}
}

// TestStall checks that a stalled stream ends when the client gives up, and that until
// then nothing comes beyond the stall.
func TestStall(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "0123456789")
	}
	for name, c := range map[string]struct {
		fault proxy.Fault
		body  string
	}{
		"answer":          {proxy.Stall(-1), ""},
		"body":            {proxy.Stall(4), "0123"},
		"all of the body": {proxy.Stall(0), ""},
		"upload":          {proxy.StallUpload(4), ""},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, nil, handler,
				func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
					p.Add(proxy.Rule{Fault: c.fault})
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					// The client waits for 100 ms from the last byte that must come, which
					// may be late on a loaded machine.
					giveUp := func() { time.AfterFunc(100*time.Millisecond, cancel) }
					if c.body == "" {
						giveUp()
					}
					req, err := http.NewRequestWithContext(ctx, "PUT", url,
						io.LimitReader(zeros{}, 10))
					if err != nil {
						t.Fatal(err)
					}
					resp, err := client.Do(req)
					var b []byte
					if err == nil {
						begin := make([]byte, len(c.body))
						if _, err := io.ReadFull(resp.Body, begin); err != nil {
							t.Errorf("the beginning of the body: %v, want no error", err)
						}
						giveUp()
						b, err = io.ReadAll(resp.Body)
						b = append(begin, b...)
						resp.Body.Close()
					}
					if string(b) != c.body || err == nil || ctx.Err() == nil {
						t.Errorf("the body is %q, %v, want %q and an error", b, err, c.body)
					}
				})
		})
	}
}

// TestBandwidth checks that a connection is as slow as the fault says.
func TestBandwidth(t *testing.T) {
	both(t, nil, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.CopyN(w, zeros{}, 30_000)
	}, func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
		p.Add(proxy.Rule{Fault: proxy.Bandwidth(300_000)})
		start := time.Now()
		resp, err := client.Post(url, "", io.LimitReader(zeros{}, 30_000))
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if d := time.Since(start); n != 30_000 || err != nil || d < 200*time.Millisecond {
			t.Errorf("%d bytes in %v, %v, want 30000 bytes in at least 200 ms", n, d, err)
		}
	})
}

// TestRules checks which requests a rule matches.
func TestRules(t *testing.T) {
	both(t, proxy.S3, func(http.ResponseWriter, *http.Request) {},
		func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
			hits := func(n int, target string) string {
				var s strings.Builder
				for range n {
					resp, err := client.Get(url + target)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					s.WriteByte("012345"[resp.StatusCode/100])
				}
				return s.String()
			}
			refuse := proxy.S3.InternalError()
			expect := func(what, got, want string) {
				t.Helper()
				if got != want {
					t.Errorf("%s: %s, want %s", what, got, want)
				}
				p.Clear()
			}
			p.Add(proxy.Rule{Fault: refuse})
			expect("all", hits(3, "/b/k"), "555")
			p.Add(proxy.Rule{Fault: refuse, Nth: 2})
			expect("the second", hits(4, "/b/k"), "2522")
			p.Add(proxy.Rule{Fault: refuse, Times: 2})
			expect("twice", hits(4, "/b/k"), "5522")
			p.Add(proxy.Rule{Fault: refuse, Kinds: []string{"ListObjects", "HeadObject"}})
			expect("by kind", hits(1, "/b/k")+hits(1, "/b"), "25")
			p.Add(proxy.Rule{
				Fault: refuse,
				Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/x") },
			})
			expect("by match", hits(1, "/b/k")+hits(1, "/b/x"), "25")
			remove := p.Add(proxy.Rule{Fault: refuse})
			p.Add(proxy.Rule{Fault: proxy.Answer("not found", 404, nil, "")})
			first := hits(1, "/b/k")
			remove()
			remove()
			expect("the first is outermost, then the second", first+hits(1, "/b/k"), "54")

			p.Seed(7)
			p.Add(proxy.Rule{Fault: refuse, Chance: 0.3})
			a := hits(200, "/b/k")
			p.Seed(7)
			if b := hits(200, "/b/k"); a != b {
				t.Error("the same seed gave other hits")
			}
			if n := strings.Count(a, "5"); n < 30 || n > 90 {
				t.Errorf("%d of 200 hit, want about 60", n)
			}
			p.Clear()
			p.Reset()
			p.Add(proxy.Rule{Fault: proxy.OneOf(refuse, proxy.S3.Forbidden(),
				proxy.OneOf(proxy.HTML(502), proxy.Redirect(301, "/")))})
			a = hits(100, "/b/k")
			if n := p.Injected(); n["internal error"]+n["forbidden"]+n["HTML"]+
				n["redirect"] != 100 || len(n) != 4 {
				t.Errorf("Injected() = %v, want 100 of four faults: %s", n, a)
			}
		})
}

// TestOwnFault checks that a test can define a fault.
func TestOwnFault(t *testing.T) {
	both(t, proxy.GCS, func(http.ResponseWriter, *http.Request) {},
		func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
			p.Add(proxy.Rule{
				Fault: proxy.Fault{
					Name: "twice",
					Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
						if x.Service() != proxy.GCS {
							t.Errorf("Service() = %v, want GCS", x.Service().Name)
						}
						resp, err := next(x.Request)
						if err != nil {
							return nil, err
						}
						resp.Body.Close()
						return next(x.Request)
					},
				},
			})
			resp, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		})
}

// TestRefusals checks that errors have the form of their service.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		s      *proxy.Service
		f      proxy.Fault
		status int
		header string
		want   []string
	}{
		{
			proxy.S3,
			proxy.S3.SlowDown(1500 * time.Millisecond),
			503,
			"Retry-After: 2",
			[]string{"<Error><Code>SlowDown</Code>", "<RequestId>"},
		},
		{
			proxy.S3,
			proxy.S3.ExpiredCredentials(),
			400,
			"Content-Type: application/xml",
			[]string{"<Code>ExpiredToken</Code>"},
		},
		{
			proxy.S3,
			proxy.S3.Refuse(409, "Conflict", "a < b"),
			409,
			"Content-Type: application/xml",
			[]string{"<Code>Conflict</Code><Message>a &lt; b</Message>"},
		},
		{
			proxy.GCS,
			proxy.GCS.SlowDown(time.Second),
			429,
			"Retry-After: 1",
			[]string{`"code":429`, `"reason":"rateLimitExceeded"`},
		},
		{
			proxy.GCS,
			proxy.GCS.Forbidden(),
			403,
			"Content-Type: application/json; charset=UTF-8",
			[]string{`"reason":"forbidden"`},
		},
		{
			proxy.Azure,
			proxy.Azure.SlowDown(0),
			503,
			"X-Ms-Error-Code: ServerBusy",
			[]string{"<Code>ServerBusy</Code>"},
		},
		{
			proxy.Azure, proxy.Azure.ExpiredCredentials(), 403,
			"X-Ms-Error-Code: AuthenticationFailed", nil,
		},
		{
			proxy.Plain,
			proxy.Plain.InternalError(),
			500,
			"Content-Type: text/plain; charset=utf-8",
			[]string{"InternalError: "},
		},
	} {
		both(t, c.s, func(http.ResponseWriter, *http.Request) {
			t.Error("the server got a request, want none")
		}, func(t *testing.T, p *proxy.Proxy, client *http.Client, url string) {
			p.Add(proxy.Rule{Fault: c.f})
			resp, err := client.Get(url + "/storage/v1/b/b/o/k")
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			name, value, _ := strings.Cut(c.header, ": ")
			if resp.StatusCode != c.status || resp.Header.Get(name) != value {
				t.Errorf("%d %v, want %d and %s", resp.StatusCode, resp.Header, c.status, c.header)
			}
			for _, w := range c.want {
				if !strings.Contains(string(b), w) {
					t.Errorf("the body is %s, want %s in it", b, w)
				}
			}
		})
	}
}

// TestBadAnswers checks that Serve sends the fault's response to each request, and that
// each of BadAnswers is a valid response.
func TestBadAnswers(t *testing.T) {
	for _, s := range []*proxy.Service{proxy.Plain, proxy.S3, proxy.GCS, proxy.Azure} {
		names := map[string]bool{}
		for _, bad := range s.BadAnswers("http://127.0.0.1:1/") {
			if names[bad.Name] || bad.Want == nil {
				t.Errorf("%s: %s is there twice, or has no Want", s.Name, bad.Name)
			}
			names[bad.Name] = true
			p := proxy.Serve(t, s, bad.Fault)
			resp, err := client(t).Get(p.URL() + "/bucket/key")
			if err != nil {
				if bad.Name != "closed connections" {
					t.Errorf("%s, fault %q: no response: %v", s.Name, bad.Name, err)
				}
				continue
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode < 300 || p.Total() != 1 {
				t.Errorf("%s, fault %q: status %d, body %q, %v, want an error's status and one "+
					"request", s.Name, bad.Name, resp.StatusCode, b, err)
			}
			// The path is a request of the XML API.
			if s == proxy.GCS && bad.Name == "missing bucket" && !strings.Contains(string(b),
				"<Code>NoSuchBucket</Code>") {
				t.Errorf("the body for a missing bucket is %q, want the code NoSuchBucket", b)
			}
		}
	}
	if _, err := client(t).Get(proxy.Refused(t)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
}
