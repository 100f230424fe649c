package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
)

// backend starts a server and closes it after the test.
func backend(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// both runs the test through a proxy on the wire and through a proxy inside the
// process.
func both(t *testing.T, s *proxy.Service, h http.HandlerFunc,
	f func(t *testing.T, p *proxy.Proxy, c *http.Client, url string)) {
	t.Run("wire", func(t *testing.T) {
		p := proxy.Start(t, s, backend(t, h), nil)
		f(t, p, client(t), p.URL())
	})
	t.Run("process", func(t *testing.T) {
		p := proxy.New(s)
		t.Cleanup(p.Close)
		c := client(t)
		c.Transport = p.RoundTripper(c.Transport)
		f(t, p, c, backend(t, h))
	})
}

// client returns a client with its own connections, so that tests don't share them.
func client(t *testing.T) *http.Client {
	tr := &http.Transport{ExpectContinueTimeout: time.Minute}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport: tr,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// raw sends the request exactly as written and returns the whole response.
func raw(t *testing.T, addr, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, request)
	response, _ := io.ReadAll(c)
	return string(response)
}

// TestProxyChangesNoBytes checks that the server and the client get the same bytes
// with the proxy as without it.
func TestProxyChangesNoBytes(t *testing.T) {
	var got string
	target := backend(t, func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		got = r.RequestURI + "\n" + string(dump) + fmt.Sprint(r.TransferEncoding, r.ContentLength,
			r.Trailer)
		for k, v := range map[string]string{
			"Etag":         `"1"`,
			"X-Amz-Meta-K": "ä v",
			"Date":         "Tue, 24 Nov 2026 10:00:00 GMT",
		} {
			w.Header().Set(k, v)
		}
		switch r.URL.Query().Get("answer") {
		case "chunks":
			w.Header().Set("Trailer", "X-Sum")
			io.WriteString(w, "first ")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "second")
			w.Header().Set("X-Sum", "42")
		case "304":
			w.WriteHeader(304)
		case "none":
			w.WriteHeader(204)
		default:
			w.Header()["Content-Type"] = nil
			w.Header().Set("Content-Length", "4")
			io.WriteString(w, "text")
		}
	})
	direct := strings.TrimPrefix(target, "http://")
	p := proxy.Start(t, proxy.S3, target, nil)
	for _, request := range []string{
		"GET /bucket/a HTTP/1.1\r\nHost: example.com:1\r\nConnection: close\r\n\r\n",
		"GET /bucket/a%2Fb%20c+d//e/../%C3%A9?x-id=GetObject&list&q=%2F+%20 HTTP/1.1\r\nHost: " +
			"bucket.example.com\r\nConnection: close\r\nUser-Agent: sdk/1\r\nAccept-Encoding: " +
			"identity\r\nRange: bytes=0-3\r\n\r\n",
		"GET //odd?  HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"GET //odd//path? HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"GET /? HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"HEAD /bucket/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"GET /bucket/a?answer=304 HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"1\"\r\nConnection: " +
			"close\r\n\r\n",
		"DELETE /bucket/a?answer=none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"GET /bucket/a?answer=chunks HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: " +
			"close\r\n\r\n",
		"PUT /bucket/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nAuthorization: AWS4 " +
			"x\r\nConnection: close\r\n\r\n12345",
		"PUT /bucket/a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"PUT /bucket/a HTTP/1.1\r\nHost: h\r\nContent-Encoding: " +
			"aws-chunked\r\nX-Amz-Decoded-Content-Length: 3\r\nContent-Length: 17\r\nConnection: " +
			"close\r\n\r\n3;sig=1\r\nabc\r\n0\r\n",
		"PUT /bucket/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: " +
			"X-Amz-Checksum-Crc32c\r\nConnection: " +
			"close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Amz-Checksum-Crc32c: AAAA\r\n\r\n",
		"POST /bucket/a?uploads HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: " +
			"close\r\n\r\n",
		"PUT /bucket/a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: " +
			"5\r\nConnection: close\r\n\r\n12345",
	} {
		want := raw(t, direct, request)
		wantGot := got
		response := raw(t, p.Addr(), request)
		// Only the header of a single connection may differ.
		wantGot = strings.ReplaceAll(strings.ReplaceAll(wantGot, "Connection: close\r\n", ""),
			"Te: trailers\r\n", "")
		if got != wantGot {
			t.Errorf("%.60q: the server got\n%q, want\n%q", request, got, wantGot)
		}
		if parsed(t, response, request) != parsed(t, want, request) || want == "" {
			t.Errorf("%.60q: the client got\n%q, want\n%q", request, response, want)
		}
	}
	if n := p.Total(); n != 14 { // one of them is not HTTP
		t.Errorf("%d requests were counted, want 14", n)
	}
}

// parsed returns a response in a form without the order of the headers and the boundaries
// of chunks, which may differ.
func parsed(t *testing.T, response, request string) string {
	method, _, _ := strings.Cut(request, " ")
	in := bufio.NewReader(strings.NewReader(response))
	all := ""
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return all
		}
		body, err := io.ReadAll(resp.Body)
		all += fmt.Sprintf("%s %d %v %q %v %v\n", resp.Status, resp.ContentLength, resp.Header,
			body, err, resp.Trailer)
	}
}

// TestExpect checks that the client waits for the server's 100 Continue or its
// refusal.
func TestExpect(t *testing.T) {
	p := proxy.Start(t, nil, backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(403)
			return
		}
		b, _ := io.ReadAll(r.Body)
		w.Write(b)
	}), nil)
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(c)
	fmt.Fprint(c,
		"PUT /a HTTP/1.1\r\nHost: h\r\nAuthorization: x\r\nExpect: "+
			"100-continue\r\nContent-Length: 4\r\n\r\n")
	if line, err := in.ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("the line after the headers is %q, %v, want 100 Continue", line, err)
	}
	in.ReadString('\n')
	fmt.Fprint(c, "text")
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("the response to the content is %v, %v, want 200", resp, err)
	}
	io.Copy(io.Discard, resp.Body)
	fmt.Fprint(c, "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 403 {
		t.Errorf("the response to a PUT without credentials is %v, %v, want 403", resp, err)
	}
	if r := p.Records(); len(r) != 2 || r[0].Sent != 4 || r[1].Sent != 0 {
		t.Errorf("the records are %v, want bodies of 4 and 0 bytes", r)
	}
}

// TestStreams checks that a body of any size passes in little memory, and that bytes
// are passed on at once.
func TestStreams(t *testing.T) {
	const size = 64 << 20
	next := make(chan bool)
	both(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n)
			return
		}
		for range 3 {
			w.Write([]byte("x"))
			http.NewResponseController(w).Flush()
			<-next
		}
	}, func(t *testing.T, p *proxy.Proxy, c *http.Client, url string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		req, err := http.NewRequest("PUT", url+"/a", io.LimitReader(zeros{}, size))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		runtime.ReadMemStats(&after)
		if b, _ := io.ReadAll(resp.Body); string(b) != fmt.Sprint(size) {
			t.Errorf("the server got %q bytes, want %d", b, size)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("a body of %d MiB took %d KiB of memory, want less than 8 MiB", size>>20,
				n>>10)
		}
		if r := p.Records()[0]; r.Sent != size {
			t.Errorf("Sent = %d, want %d", r.Sent, size)
		}
		resp, err = c.Get(url + "/b")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for range 3 { // Each byte must arrive before the next is sent.
			if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			next <- true
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestClose checks that Close ends stalled requests, waits for its connections and
// leaves nothing.
func TestClose(t *testing.T) {
	target := backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "text") })
	c := client(t)
	before := runtime.NumGoroutine()
	p := proxy.Start(t, nil, target, nil)
	for range 3 {
		resp, err := c.Get(p.URL() + "/fine")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	p.Add(proxy.Rule{Fault: proxy.Stall(-1), Nth: 1})
	p.Add(proxy.Rule{Fault: proxy.Stall(2), Nth: 2})
	p.Add(proxy.Rule{Fault: proxy.StallUpload(2), Nth: 3})
	ended := make(chan error, 3)
	get := func(method string) {
		req, err := http.NewRequest(method, p.URL()+"/stalled", io.LimitReader(zeros{}, 1000))
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := c.Do(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		ended <- err
	}
	for i, m := range []string{"GET", "GET", "PUT"} {
		go get(m)
		waitFor(t, func() bool { return p.Total() == 4+i })
	}
	select {
	case err := <-ended:
		t.Errorf("a stalled request ended: %v", err)
	// It may never end; a short wait is the most that a test can do.
	case <-time.After(50 * time.Millisecond):
	}
	p.Close()
	p.Close()
	for range 3 {
		if err := <-ended; err == nil {
			t.Error("a stalled request ended without an error")
		}
	}
	if _, err := c.Get(p.URL()); err == nil {
		t.Error("a closed proxy responds")
	}
	c.CloseIdleConnections()
	waitFor(t, func() bool { return runtime.NumGoroutine() <= before })
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("waited in vain:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
}

// TestMaxConns checks that connections above the limit are reset.
func TestMaxConns(t *testing.T) {
	p := proxy.Start(t, nil, backend(t, func(w http.ResponseWriter, r *http.Request) {}),
		&proxy.Options{MaxConns: 2})
	var open []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	waitFor(t, func() bool { n, _ := p.Conns(); return n == 2 })
	get := func() bool {
		resp, err := client(t).Get(p.URL())
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	}
	if get() {
		t.Error("a connection over the limit was served")
	}
	open[0].Close()
	waitFor(t, get)
	if a, r := p.Conns(); a < 4 || r < 1 {
		t.Errorf("Conns() = %d, %d, want at least 4, 1", a, r)
	}
}

// TestTargetHost checks that with TargetHost the server gets its own address as the host
// name, and that its redirects lead through the proxy.
func TestTargetHost(t *testing.T) {
	target := backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://"+r.Host+"/upload?id=1")
	})
	p := proxy.Start(t, nil, target, &proxy.Options{TargetHost: true})
	resp, err := client(t).Get(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Location"); got != p.URL()+"/upload?id=1" {
		t.Errorf("Location = %q, want the proxy's URL", got)
	}
}

// failure records the failures of a test.
type failure struct {
	testing.TB
	text bytes.Buffer
}

func (f *failure) Helper()                        {}
func (f *failure) Errorf(format string, a ...any) { fmt.Fprintf(&f.text, format, a...) }
func (f *failure) Fatalf(format string, a ...any) { f.Errorf(format, a...); panic(f) }

// TestCounts checks that requests are counted, and recorded without credentials.
func TestCounts(t *testing.T) {
	both(t, proxy.S3, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://user:hidden@host/?X-Amz-Signature=hidden")
		io.Copy(w, r.Body)
	}, func(t *testing.T, p *proxy.Proxy, c *http.Client, url string) {
		do := func(method, target, body string, header ...string) {
			req, err := http.NewRequest(method, url+target, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		do("GET", "/bucket/a", "")
		p.Reset()
		if p.Total() != 0 || len(p.Records()) != 0 {
			t.Error("Reset keeps records or counts")
		}
		p.Want(t, nil)
		do("PUT", "/bucket/a?X-Amz-Signature=hidden&x-id=PutObject", "12345", "Authorization",
			"AWS4 hidden", "X-Amz-Security-Token", "hidden", "If-None-Match", "*",
			"X-Ms-Copy-Source", "https://h/x?sig=hidden")
		do("PUT", "/bucket/b", "1")
		do("GET", "/bucket/a", "", "Range", "bytes=1-2")
		p.Want(t, map[string]int{"PutObject": 2, "GetObject": 1})
		p.WantAtMost(t, 3)
		if m := p.Methods(); m["PUT"] != 2 || m["GET"] != 1 || len(m) != 2 {
			t.Errorf("Methods() = %v, want 2 PUT and a GET", m)
		}
		var f failure
		p.WantAtMost(&f, 2)
		p.Want(&f, map[string]int{"PutObject": 1})
		for _, want := range []string{
			"3 requests, want at most 2:",
			"requests were 1 GetObject, 2 PutObject, want 1 PutObject:",
			"\n  2 PutObject: PUT /bucket/a?",
			"(If-None-Match: *) 5 bytes -> 200, 5 bytes",
			"\n  4 GetObject: GET /bucket/a (Range: bytes=1-2) -> 200",
		} {
			if !strings.Contains(f.text.String(), want) {
				t.Errorf("%s\nhas no %q", f.text.String(), want)
			}
		}
		waitFor(t, func() bool { return p.Records()[0].Received == 5 })
		if all := fmt.Sprintf("%+v %s", p.Records(),
			f.text.String()); strings.Contains(all, "hidden") {
			t.Errorf("a secret is shown: %s", all)
		}
	})
}
