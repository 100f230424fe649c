package proxy

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/term"
)

// Record is one request and its response, without credentials.
type Record struct {
	N      int    // the request's number, from 1; Reset doesn't restart the numbers
	Kind   string // as the service names it: "PutObject"
	Method string
	Host   string
	Path   string // as sent, escaped
	Query  string // as sent; values that may be secret are "…"
	Header http.Header
	Status int         // of the response; 0 if there was none
	Answer http.Header // the response's headers
	// Sent and Received count the bytes of the bodies: the request's as they were
	// read, the response's as they were passed on. Sent, Received and Err may change
	// until the client has read the response to its end.
	Sent, Received int64
	Faults         []string // the names of the faults that applied
	Err            string   // why there was no response, or only a part of it
	// Reached reports whether the faults let the request, or a part of it, go on to
	// the server.
	Reached bool
	// Upload is the id of the multipart upload (S3) that the request names, or that
	// the server began and named in its response, even if the response didn't reach
	// the client.
	Upload string

	length int64 // of the server's response that names an upload
}

// String returns one line: number, kind, method, target, sizes, response and faults.
func (r *Record) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s: %s %s", r.N, r.Kind, r.Method, r.Path)
	if r.Query != "" {
		b.WriteString("?" + r.Query)
	}
	for _, h := range []string{
		"Range", "If-Match", "If-None-Match", "X-Goog-If-Generation-Match", "X-Amz-Copy-Source",
	} {
		if v := r.Header.Get(h); v != "" {
			fmt.Fprintf(&b, " (%s: %s)", h, v)
		}
	}
	if r.Sent > 0 {
		fmt.Fprintf(&b, " %d bytes", r.Sent)
	}
	fmt.Fprintf(&b, " -> %d", r.Status)
	if r.Received > 0 {
		fmt.Fprintf(&b, ", %d bytes", r.Received)
	}
	if len(r.Faults) > 0 {
		fmt.Fprintf(&b, " [%s]", strings.Join(r.Faults, ", "))
	}
	if r.Err != "" {
		fmt.Fprintf(&b, " %s", r.Err)
	}
	return term.Text(b.String()) // Names and the server's texts may be shown on a terminal.
}

// begin records the request and returns the faults that apply to it.
func (p *Proxy) begin(r *http.Request) (*Record, []Fault) {
	rec := &Record{
		Kind:   p.service.Kind(r),
		Method: r.Method,
		Host:   r.Host,
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.RawQuery,
		Header: redacted(r.Header),
	}
	if rec.Host == "" {
		rec.Host = r.URL.Host
	}
	if strings.HasPrefix(r.URL.Opaque, "/") {
		rec.Path = r.URL.Opaque
	}
	if p.service.upload != nil {
		rec.Upload = p.service.upload.named(r)
	}
	if rec.Query != "" {
		rec.Query = redactQuery(rec.Query)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	rec.N = p.first + len(p.records) + 1
	p.records = append(p.records, rec)
	faults := p.match(r, rec.Kind)
	for _, f := range faults {
		rec.Faults = append(rec.Faults, f.Name)
	}
	return rec, faults
}

// Secret headers are hidden entirely; headers with URLs are shown without their
// secrets.
var (
	secretHeaders = []string{
		"Authorization",
		"Proxy-Authorization",
		"Cookie",
		"Set-Cookie",
		"X-Amz-Security-Token",
		"X-Amz-Server-Side-Encryption-Customer-Key",
		"X-Goog-Encryption-Key",
		"X-Ms-Encryption-Key",
		"X-Ms-Copy-Source-Authorization",
		"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key",
		"X-Goog-Api-Key",
	}
	urlHeaders = []string{"Location", "X-Ms-Copy-Source", "Referer", "Content-Location"}
)

func redacted(h http.Header) http.Header {
	c := h.Clone()
	for _, name := range secretHeaders {
		if c.Get(name) != "" {
			c.Set(name, "…")
		}
	}
	for _, name := range urlHeaders {
		if v := c.Get(name); v != "" {
			c.Set(name, redactURL(v))
		}
	}
	return c
}

// Records returns the requests since the last Reset, in the order in which they came.
func (p *Proxy) Records() []Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Record, len(p.records))
	for i, r := range p.records {
		all[i] = *r
		all[i].Faults = slices.Clone(r.Faults)
	}
	return all
}

// Counts returns the number of requests of each kind since the last Reset.
func (p *Proxy) Counts() map[string]int {
	return p.countBy(func(r *Record) string { return r.Kind })
}

// Methods returns the number of requests of each HTTP method since the last Reset.
func (p *Proxy) Methods() map[string]int {
	return p.countBy(func(r *Record) string { return r.Method })
}

func (p *Proxy) countBy(key func(*Record) string) map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, r := range p.records {
		n[key(r)]++
	}
	return n
}

// Injected returns how often each fault was injected since the last Reset, by its
// name.
func (p *Proxy) Injected() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, r := range p.records {
		for _, f := range r.Faults {
			n[f]++
		}
	}
	return n
}

// Total returns the number of requests since the last Reset.
func (p *Proxy) Total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.records)
}

// Reset removes the records and counts. It keeps the rules.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.first += len(p.records)
	p.records = nil
}

// Want fails the test and shows the records, unless the requests since the last Reset
// are exactly these, by kind.
func (p *Proxy) Want(t T, counts map[string]int) {
	t.Helper()
	if got := p.Counts(); !maps.Equal(got, counts) {
		t.Errorf("requests were %s, want %s:%s", countText(got), countText(counts), p.text())
	}
}

// WantAtMost fails the test and shows the records if there were more than n requests
// since the last Reset.
func (p *Proxy) WantAtMost(t T, n int) {
	t.Helper()
	if got := p.Total(); got > n {
		t.Errorf("%d requests, want at most %d:%s", got, n, p.text())
	}
}

func countText(counts map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[k], k))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// text returns the records as text, or only the last ones if there are many.
func (p *Proxy) text() string {
	const most = 50
	all := p.Records()
	var b strings.Builder
	if n := len(all) - most; n > 0 {
		fmt.Fprintf(&b, "\n  … %d before", n)
		all = all[n:]
	}
	for _, r := range all {
		b.WriteString("\n  " + r.String())
	}
	return b.String()
}
