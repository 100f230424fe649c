package faultrun

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
)

// uploader is a store of uploads behind a proxy.
type uploader struct {
	t     *testing.T
	proxy *proxy.Proxy
	begun []Upload      // none of them is finished
	begin chan struct{} // receives when an upload was begun and its response waits
	held  string        // the key whose response waits
}

func newUploader(t *testing.T) *uploader {
	u := &uploader{t: t, begin: make(chan struct{})}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	u.proxy = proxy.Start(t, proxy.S3, server.URL, nil)
	return u
}

func (u *uploader) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Query().Has("uploads"):
		up := Upload{Key: r.URL.Path[len("/bucket/"):], ID: fmt.Sprint(len(u.begun) + 1)}
		u.begun = append(u.begun, up)
		if up.Key == u.held {
			close(u.begin)
			<-r.Context().Done()
			return
		}
		fmt.Fprintf(w,
			"<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>%s</Key>"+
				"<UploadId>%s</UploadId></InitiateMultipartUploadResult>",
			up.Key, up.ID)
	case r.URL.Query().Get("status") != "": // the store itself fails
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// send sends a request to which the faults may apply.
func (u *uploader) send(ctx context.Context, method, target string, faults ...proxy.Fault) {
	u.t.Helper()
	for _, f := range faults {
		defer u.proxy.Add(proxy.Rule{Times: 1, Fault: f})()
	}
	req, err := http.NewRequestWithContext(ctx, method, u.proxy.URL()+target, nil)
	if err != nil {
		u.t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		// Read to the end or to an error: a client that goes earlier has lost the
		// response.
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// TestUploads checks that an upload is forgiven if, and only if, no driver could have
// ended it.
func TestUploads(t *testing.T) {
	forbidden, lost, before := proxy.S3.Forbidden(), proxy.ResetAfter(), proxy.ResetBefore()
	type request struct {
		method, query string
		fault         *proxy.Fault
	}
	begin := func(f proxy.Fault) request { return request{"POST", "?uploads", &f} }
	begun := request{"POST", "?uploads", nil}
	abort := func(f *proxy.Fault) request { return request{"DELETE", "?uploadId=1", f} }
	part := request{"PUT", "?partNumber=1&uploadId=1", nil}
	for name, c := range map[string]struct {
		requests []request
		forgiven bool
	}{
		"only begun": {[]request{begun}, false},
		"begun late": {
			[]request{begin(proxy.Latency(time.Millisecond))},
			false,
		},
		"the response lost":                  {[]request{begin(lost)}, true},
		"the response cut after its headers": {[]request{begin(proxy.Truncate(0))}, true},
		"half the response":                  {[]request{begin(proxy.Truncate(-1))}, true},
		"the response's end missing": {
			[]request{begin(proxy.WrongLength(-7))},
			true,
		},
		"the response too short for its length": {
			[]request{begin(proxy.WrongLength(7))},
			true,
		},
		"the response lost, and yet the driver knew the id": {[]request{begin(lost), part}, false},
		"the response lost, and the abort refused": {
			[]request{begin(lost), abort(&forbidden)},
			true,
		},
		"only parts":                   {[]request{begun, part}, false},
		"the abort refused":            {[]request{begun, part, abort(&forbidden)}, true},
		"the abort that never arrived": {[]request{begun, part, abort(&before)}, true},
		"all aborts refused": {
			[]request{begun, abort(&forbidden), abort(&before), abort(&forbidden)},
			true,
		},
		// The abort reached the store, which didn't carry it out.
		"the abort's response lost": {[]request{begun, abort(&lost)}, false},
		"a second abort arrived": {
			[]request{begun, abort(&forbidden), abort(nil)},
			false,
		},
		"the abort of another": {
			[]request{begun, {"DELETE", "?uploadId=2", &forbidden}},
			false,
		},
		"the abort that the store itself failed": {
			[]request{begun, {"DELETE", "?uploadId=1&status=500", nil}},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUploader(t)
			for _, r := range c.requests {
				var faults []proxy.Fault
				if r.fault != nil {
					faults = append(faults, *r.fault)
				}
				u.send(t.Context(), r.method, "/bucket/d/a%20b"+r.query, faults...)
			}
			if len(u.begun) != 1 {
				t.Fatalf("%d uploads were begun, want 1: %v", len(u.begun), u.proxy.Records())
			}
			want := u.begun
			if c.forgiven {
				want = nil
			}
			if got := notForgiven(u.proxy.Records(), u.begun); !slices.Equal(got, want) {
				t.Errorf("not forgiven %v, want %v: %v", got, want, u.proxy.Records())
			}
		})
	}
}

// TestUploadsNotBegun checks that a request that never arrived forgives nothing, and
// that one upload doesn't forgive another.
func TestUploadsNotBegun(t *testing.T) {
	u := newUploader(t)
	u.send(t.Context(), "POST", "/bucket/a?uploads", proxy.ResetBefore())
	u.send(t.Context(), "POST", "/bucket/a?uploads", proxy.S3.SlowDown(0))
	if len(u.begun) != 0 {
		t.Fatalf("the uploads %v were begun, want none", u.begun)
	}
	stranger := Upload{"a", "77"}
	u.send(t.Context(), "POST", "/bucket/a?uploads", proxy.ResetAfter()) // forgiven by its id
	u.send(t.Context(), "POST", "/bucket/b?uploads")
	left := append([]Upload{stranger}, u.begun...)
	if got, want := notForgiven(u.proxy.Records(),
		left), []Upload{stranger, u.begun[1]}; !slices.Equal(got, want) {
		t.Errorf("not forgiven %v, want %v: %v", got, want, u.proxy.Records())
	}
}

// TestUploadsNameless checks that, if the client goes before the response reaches the
// proxy, one upload of that key is forgiven.
func TestUploadsNameless(t *testing.T) {
	u := newUploader(t)
	u.held = "d/a b"
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-u.begin
		cancel()
	}()
	u.send(ctx, "POST", "/bucket/d/a%20b?uploads")
	u.noted()
	left := []Upload{{"d/a b", "1"}, {"d/a b", "2"}, {"a b", "3"}}
	if got, want := notForgiven(u.proxy.Records(), left), left[1:]; !slices.Equal(got, want) {
		t.Errorf("not forgiven %v, want %v: %v", got, want, u.proxy.Records())
	}
}

// TestUploadsClientGone checks that an upload is forgiven if its response came after the
// client had gone.
func TestUploadsClientGone(t *testing.T) {
	u := newUploader(t)
	ctx, cancel := context.WithCancel(t.Context())
	u.send(ctx, "POST", "/bucket/a?uploads", proxy.Fault{
		Name: "the client goes",
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			resp, err := next(x.Request)
			cancel()
			<-x.Request.Context().Done()
			return resp, err
		},
	})
	u.noted()
	if bad := notForgiven(u.proxy.Records(), u.begun); bad != nil || len(u.begun) != 1 {
		t.Errorf("begun %v, not forgiven %v: %v", u.begun, bad, u.proxy.Records())
	}
}

// noted waits until the proxy has recorded that the client has gone.
func (u *uploader) noted() {
	u.t.Helper()
	if !settles(leakWait, func() bool { return u.proxy.Records()[0].Err != "" }) {
		u.t.Fatalf("the proxy has not recorded it: %v", u.proxy.Records())
	}
}
