package faultrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// service is a small store over HTTP: PUT, GET, HEAD and DELETE of /name with
// conditions, and GET of /, which lists.
type service struct {
	files files.Bucket
	// partial makes an interrupted upload visible.
	partial bool
}

// newService returns a service that makes a new version for each Put, which backend
// claims.
func newService() *service {
	return &service{files: mem.New(&mem.Options{VersionPerPut: true})}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, name := r.Context(), strings.TrimPrefix(r.URL.Path, "/")
	version := files.Version(strings.Trim(r.Header.Get("If-Match"), `"`))
	var info files.Info
	var err error
	switch {
	case name == "":
		s.list(w, r)
		return
	case r.Method == http.MethodPut:
		o := &files.PutOptions{}
		json.Unmarshal([]byte(r.Header.Get("X-Attributes")), &o.Attributes)
		switch {
		case version != "":
			o.If = files.IfVersion(version)
		case r.Header.Get("If-None-Match") == "*":
			o.If = files.IfAbsent()
		}
		content, rerr := io.ReadAll(r.Body)
		if rerr != nil && !s.partial {
			return
		}
		info, err = s.files.Put(context.WithoutCancel(ctx), name, bytes.NewReader(content), o)
	case r.Method == http.MethodDelete:
		err = s.files.Delete(ctx, name, &files.DeleteOptions{IfVersion: version})
	default:
		s.serve(w, r, name)
		return
	}
	if err != nil {
		refuse(w, err)
		return
	}
	setInfo(w, info)
}

func (s *service) serve(w http.ResponseWriter, r *http.Request, name string) {
	p, info, err := readAll(r.Context(), s.files, name)
	if v := r.Header.Get("If-Match"); err == nil && v != "" && v != `"`+string(info.Version)+`"` {
		err = files.ErrPrecondition
	}
	if err != nil {
		refuse(w, err)
		return
	}
	setInfo(w, info)
	w.Header().Set("Content-Type", "application/x-test")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
}

func readAll(ctx context.Context, b files.Bucket, name string) ([]byte, files.Info, error) {
	r, err := b.Get(ctx, name, nil)
	if err != nil {
		return nil, files.Info{}, err
	}
	defer r.Close()
	p, err := r.ReadAll()
	return p, r.Info(), err
}

func (s *service) list(w http.ResponseWriter, r *http.Request) {
	all := []files.Entry{}
	for e, err := range s.files.List(r.Context(), "", nil) {
		if err != nil {
			refuse(w, err)
			return
		}
		if strings.HasPrefix(e.Name, r.URL.Query().Get("prefix")) {
			all = append(all, e)
		}
	}
	text, _ := json.Marshal(all)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Write(text)
}

func setInfo(w http.ResponseWriter, info files.Info) {
	text, _ := json.Marshal(info)
	w.Header().Set("X-Info", url.QueryEscape(string(text)))
	w.Header().Set("Etag", `"`+string(info.Version)+`"`)
}

var statuses = map[error]int{
	files.ErrNotExist:     404,
	files.ErrExist:        409,
	files.ErrPrecondition: 412,
}

func refuse(w http.ResponseWriter, err error) {
	status, ok := statuses[files.KindOf(err)]
	if !ok {
		status = 400
	}
	w.Header().Set("X-Store", "1")
	http.Error(w, err.Error(), status)
}

// backend is a driver for the service, with faults that break the contract.
type backend struct {
	url    string
	direct string // the service's address, without the proxy
	client *http.Client
	policy *retry.Policy
	// faults
	acknowledgesLost bool // a put whose response is lost counts as done
	endsShort        bool // a truncated body ends with io.EOF
	halfAgain        bool // content is sent again from its current position
	// A conditional put whose response was lost is sent again, and is refused because
	// it succeeded.
	losesConditions  bool
	ignoresCondition bool // a put ignores IfVersion
	saysUnchanged    bool // a put whose response is lost is reported as refused
	dropsNames       bool // a truncated listing ends without an error
	wrongInfo        bool // Stat returns its previous result
	retries          atomic.Int64
	last             atomic.Pointer[files.Info]
}

func newBackend(url string, t *http.Transport) *backend {
	b := &backend{
		url: url,
		client: &http.Client{
			Transport: t,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
	b.policy = &retry.Policy{
		Delay:    time.Millisecond,
		MaxDelay: 2 * time.Millisecond,
		OnRetry:  func(context.Context, int, time.Duration, error) { b.retries.Add(1) },
	}
	return b
}

func (b *backend) Features() files.Features {
	return files.Features{
		TimeResolution:    time.Nanosecond,
		Atomic:            true,
		Versions:          true,
		VersionPerPut:     true,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        true,
		Digests:           true,
		Ordered:           true,
		AnyName:           true,
		DirBesideFile:     true,
	}
}

func (b *backend) Close() error { return nil }

// errLost is the error for a response that didn't arrive.
var errLost = errors.New("the response was lost")

// send sends one request. It returns the store's response if the status is below 300, and
// otherwise an error that matches a sentinel. The error also matches errLost if the
// request may have been carried out.
func (b *backend) send(ctx context.Context, method, name string, header http.Header,
	body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method,
		b.url+"/"+(&url.URL{Path: name}).EscapedPath(), body)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "?") {
		req.URL.Path, req.URL.RawPath, req.URL.RawQuery = "/", "", name[1:]
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.GetBody = nil
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, driver.WithCause(files.ErrUnavailable, errors.Join(err, errLost), "no response")
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	for kind, status := range statuses {
		if resp.StatusCode == status && resp.Header.Get("X-Store") != "" {
			return nil, kind
		}
	}
	switch {
	case resp.StatusCode >= 500:
		return nil, driver.Errorf(files.ErrUnavailable, "status %d", resp.StatusCode)
	case resp.StatusCode == 401 || resp.StatusCode == 403:
		return nil, driver.Errorf(files.ErrPermission, "status %d", resp.StatusCode)
	}
	return nil, driver.Errorf(files.ErrInvalid, "status %d", resp.StatusCode)
}

func infoOf(resp *http.Response) (files.Info, error) {
	text, err := url.QueryUnescape(resp.Header.Get("X-Info"))
	var info files.Info
	if err == nil {
		err = json.Unmarshal([]byte(text), &info)
	}
	return info, err
}

func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if b.halfAgain {
		return b.putStream(ctx, req)
	}
	content, err := io.ReadAll(req.Content)
	if err != nil {
		return files.Info{}, err
	}
	return b.put(ctx, req, func(int) io.Reader { return bytes.NewReader(content) })
}

// putStream streams the content, and on a retry sends the rest of it.
func (b *backend) putStream(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	info, err := b.put(ctx, req, func(int) io.Reader { return struct{ io.Reader }{req.Content} })
	io.Copy(io.Discard, req.Content)
	return info, err
}

func (b *backend) put(ctx context.Context, req *driver.PutRequest,
	body func(attempt int) io.Reader) (info files.Info, err error) {
	attrs, _ := json.Marshal(req.Attributes)
	h := http.Header{"X-Attributes": {string(attrs)}}
	if v, ok := req.If.Version(); ok && !b.ignoresCondition {
		h.Set("If-Match", `"`+string(v)+`"`)
	} else if req.If.Absent() {
		h.Set("If-None-Match", "*")
	}
	err = b.policy.Do(ctx, func(ctx context.Context, attempt int) error {
		resp, err := b.send(ctx, http.MethodPut, req.Name, h, body(attempt))
		if err != nil {
			switch {
			case errors.Is(err, errLost) && b.acknowledgesLost:
				return nil
			case errors.Is(err, errLost) && b.saysUnchanged:
				return driver.Errorf(files.ErrPermission, "no")
			case errors.Is(err, errLost) && ctx.Err() != nil:
				return errors.Join(files.ErrUncertain, err, ctx.Err())
			case errors.Is(err, errLost) && !req.If.IsZero() && !b.losesConditions:
				return driver.WithCause(files.ErrUncertain, err, "the response was lost")
			}
			return err
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		info, err = infoOf(resp)
		return err
	})
	return info, err
}

func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (o driver.Object, err error) {
	info, err := b.Stat(ctx, req.Key)
	if err != nil {
		return o, err
	}
	if req.IfVersion != "" && req.IfVersion != info.Version {
		return o, files.ErrPrecondition
	}
	if req.IfNotVersion == info.Version {
		return o, files.ErrNotModified
	}
	off, n := req.Range.Resolve(info.Size)
	o = driver.Object{Info: info, Offset: off, Length: n}
	if n == 0 {
		return o, nil
	}
	h := http.Header{
		"If-Match": {`"` + string(info.Version) + `"`},
		"Range":    {fmt.Sprintf("bytes=%d-%d", off, off+n-1)},
	}
	err = b.policy.Do(ctx, func(ctx context.Context, _ int) error {
		resp, err := b.send(ctx, http.MethodGet, req.Key.Name, h, nil)
		if err != nil {
			return err
		}
		o.Body = &body{resp.Body}
		if b.endsShort {
			p, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			o.Body, o.Length, o.Info.Digest = io.NopCloser(bytes.NewReader(p)), int64(len(p)),
				files.Digest{}
		}
		return nil
	})
	if errors.Is(err, files.ErrPrecondition) && req.IfVersion == "" {
		err = driver.Errorf(files.ErrChanged, "replaced between two requests")
	}
	return o, err
}

// body turns the error of a broken connection into an error after which the read is
// resumed.
type body struct{ io.ReadCloser }

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = driver.WithCause(files.ErrUnavailable, err, "the connection broke")
	}
	return n, err
}

func (b *backend) Stat(ctx context.Context, key driver.Key) (info files.Info, err error) {
	err = b.policy.Do(ctx, func(ctx context.Context, _ int) error {
		resp, err := b.send(ctx, http.MethodHead, key.Name, nil, nil)
		if err != nil {
			return err
		}
		resp.Body.Close()
		info, err = infoOf(resp)
		return err
	})
	if b.wrongInfo && err == nil {
		returned := info
		if last := b.last.Swap(&returned); last != nil {
			return *last, nil
		}
	}
	return info, err
}

func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) { b.list(ctx, req.Prefix, start, yield) }
	})
}

// list yields the entries from start on.
func (b *backend) list(ctx context.Context, prefix, start string,
	yield func(files.Entry, error) bool) {
	var all []files.Entry
	err := b.policy.Do(ctx, func(ctx context.Context, _ int) error {
		resp, err := b.send(ctx, http.MethodGet, "?prefix="+url.QueryEscape(prefix), nil, nil)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil {
			err = json.Unmarshal(text, &all)
		}
		if err != nil && b.dropsNames {
			return nil
		}
		if err != nil {
			err = driver.WithCause(files.ErrUnavailable, err, "the listing broke off")
		}
		return err
	})
	for _, e := range all {
		if err == nil && e.Name >= start && !yield(e, nil) {
			return
		}
	}
	if err != nil {
		yield(files.Entry{}, err)
	}
}

func (b *backend) Delete(ctx context.Context, key driver.Key, v files.Version) error {
	var h http.Header
	if v != "" {
		h = http.Header{"If-Match": {`"` + string(v) + `"`}}
	}
	return b.policy.Do(ctx, func(ctx context.Context, _ int) error {
		resp, err := b.send(ctx, http.MethodDelete, key.Name, h, nil)
		if err != nil {
			if v != "" && errors.Is(err, errLost) {
				return driver.WithCause(files.ErrUncertain, err, "the response was lost")
			}
			return err
		}
		return resp.Body.Close()
	})
}
