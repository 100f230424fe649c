package hostile_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// naive is a driver for S3's protocol that trusts every response.
type naive struct {
	endpoint string
	client   *http.Client
	faults   faults
}

// faults are further faults of the driver.
type faults struct {
	leaks  chan struct{} // each request leaves a goroutine that waits for it
	late   bool          // it returns late after the context has ended
	panics bool          // it panics if an ETag has no quotes
	many   bool          // it makes a request that fails a hundred times
	memory bool          // it reads the whole body of an error
	shows  bool          // its errors show the URL
}

var _ driver.Backend = (*naive)(nil)

func (n *naive) Features() files.Features {
	return files.Features{
		Versions:          true,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		TimeResolution:    time.Second,
		Ordered:           true,
		Atomic:            true,
	}
}

func (n *naive) Close() error { return nil }

// maxNaive bounds the memory of the test itself.
const maxNaive = 160 << 20

func (n *naive) ask(
	ctx context.Context, method, name, query string, h http.Header, content []byte,
) (resp *http.Response, err error) {
	if n.faults.leaks != nil {
		go func() { <-n.faults.leaks }()
	}
	tries := 1
	if n.faults.many {
		tries = 100
	}
	for range tries {
		u := n.endpoint + "/bucket/" + (&url.URL{Path: name}).EscapedPath() + query
		req, err := http.NewRequestWithContext(ctx, method, u, bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		for k, v := range h {
			req.Header[k] = v
		}
		req.Header.Set("Authorization", "secret")
		resp, err = n.client.Do(req)
		if err != nil {
			if ctx.Err() != nil && n.faults.late {
				time.Sleep(5 * time.Second / 8)
			}
			if n.faults.many {
				continue
			}
			if n.faults.shows {
				return nil, driver.Errorf(files.ErrUnavailable, "%v", err)
			}
			return nil, driver.WithCause(files.ErrUnavailable, err, "no response")
		}
		if resp.StatusCode < 300 {
			return resp, nil
		}
		if n.faults.memory {
			io.ReadAll(io.LimitReader(resp.Body, maxNaive))
		}
		resp.Body.Close()
		switch resp.StatusCode {
		case 404:
			return nil, files.ErrNotExist
		case 412:
			return nil, files.ErrPrecondition
		}
	}
	return nil, files.ErrUnavailable
}

func (n *naive) info(h http.Header, size int64) files.Info {
	tag := h.Get("ETag")
	if n.faults.panics {
		tag = tag[1 : len(tag)-1]
	}
	return files.Info{Entry: files.Entry{
		Size:    size,
		Version: files.Version(strings.Trim(tag, `"`)),
	}}
}

func (n *naive) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	content, err := io.ReadAll(req.Content)
	if err != nil {
		return files.Info{}, err
	}
	h := http.Header{}
	if v, ok := req.If.Version(); ok {
		h.Set("If-Match", `"`+string(v)+`"`)
	} else if req.If.Absent() {
		h.Set("If-None-Match", "*")
	}
	resp, err := n.ask(ctx, http.MethodPut, req.Name, "", h, content)
	if err != nil {
		if errors.Is(err, files.ErrPrecondition) && req.If.Absent() {
			err = files.ErrExist
		}
		return files.Info{}, err
	}
	resp.Body.Close()
	return n.info(resp.Header, int64(len(content))), nil
}

func (n *naive) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	h := http.Header{}
	off, length, last := req.Range.Parts()
	switch {
	case last:
		h.Set("Range", fmt.Sprintf("bytes=-%d", length))
	case req.Range != (files.Range{}):
		h.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+min(length, 1<<40)-1))
	}
	if req.IfVersion != "" {
		h.Set("If-Match", `"`+string(req.IfVersion)+`"`)
	}
	resp, err := n.ask(ctx, http.MethodGet, req.Key.Name, "", h, nil)
	if err != nil {
		info, serr := n.Stat(ctx, req.Key)
		if serr == nil && off >= info.Size {
			return driver.Object{Info: info, Offset: info.Size}, nil
		}
		return driver.Object{}, err
	}
	o := driver.Object{
		Info:   n.info(resp.Header, resp.ContentLength),
		Length: resp.ContentLength,
		Body:   resp.Body,
	}
	var first, end, size int64
	span := resp.Header.Get("Content-Range")
	if _, err := fmt.Sscanf(span, "bytes %d-%d/%d", &first, &end, &size); err == nil {
		o.Offset, o.Info.Size = first, size
	}
	return o, nil
}

func (n *naive) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	resp, err := n.ask(ctx, http.MethodHead, key.Name, "", nil, nil)
	if err != nil {
		return files.Info{}, err
	}
	resp.Body.Close()
	return n.info(resp.Header, resp.ContentLength), nil
}

func (n *naive) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) { n.list(ctx, req.Prefix, start, yield) }
	})
}

func (n *naive) list(
	ctx context.Context, prefix, start string, yield func(files.Entry, error) bool,
) {
	for token := ""; ; {
		q := "?list-type=2&max-keys=3&prefix=" + url.QueryEscape(prefix) +
			"&continuation-token=" + url.QueryEscape(token)
		resp, err := n.ask(ctx, http.MethodGet, "", q, nil, nil)
		if err != nil {
			yield(files.Entry{}, err)
			return
		}
		var page struct {
			NextContinuationToken string
			Contents              []struct {
				Key, ETag string
				Size      int64
			}
		}
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		xml.Unmarshal(text, &page)
		for _, c := range page.Contents {
			name, _ := url.QueryUnescape(c.Key)
			e := files.Entry{
				Name:    name,
				Size:    c.Size,
				Version: files.Version(strings.Trim(c.ETag, `"`)),
			}
			if name >= start && !yield(e, nil) {
				return
			}
		}
		if token = page.NextContinuationToken; token == "" {
			return
		}
	}
}

func (n *naive) Delete(ctx context.Context, key driver.Key, v files.Version) error {
	h := http.Header{}
	if v != "" {
		h.Set("If-Match", `"`+string(v)+`"`)
	}
	resp, err := n.ask(ctx, http.MethodDelete, key.Name, "", h, nil)
	if err == nil {
		resp.Body.Close()
	}
	if errors.Is(err, files.ErrNotExist) {
		return nil
	}
	return err
}
