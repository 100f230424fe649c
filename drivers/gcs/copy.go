package gcs

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"google.golang.org/api/googleapi"
)

// rewritten is the response to one step of a copy:
// https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
type rewritten struct {
	Kind      string  `json:"kind"`
	Done      bool    `json:"done"`
	Token     string  `json:"rewriteToken"`
	Rewritten decimal `json:"totalBytesRewritten"`
	Resource  object  `json:"resource"`
}

const rewrittenFields = "kind,done,rewriteToken,totalBytesRewritten,resource(" + objectFields + ")"

func (r *rewritten) reset() { *r = rewritten{Resource: object{of: r.Resource.of}} }

func (r *rewritten) limit() int64 { return maxResource }

func (r *rewritten) invalid() string {
	switch {
	case r.Kind != "storage#rewriteResponse":
		return "without the kind of a copy"
	case r.Done:
		return r.Resource.invalid()
	case r.Token == "":
		return "a copy that isn't done and has no token"
	}
	return ""
}

// A copy takes as many steps as the service chooses, and each copies some MiB. These
// limits stop a copy that the service never ends.
const (
	maxSteps     = 10_000
	maxIdleSteps = 50 // in a row, each of which copies less than minStep
	minStep      = 256 * kib
	maxRestarts  = 10
)

// maxOnto is how many times a copy of a file onto itself begins again because another
// program has replaced the file.
const maxOnto = 20

// Copy copies within the service: in one request inside one location and storage class,
// or else in as many requests as the service requires, of which the last commits.
func (b *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok || src.host != b.host || src.auth != b.auth && src.bucket != b.bucket {
		return files.Info{}, files.ErrUnsupported // this handle's credentials may not reach it
	}
	if src.bucket != b.bucket || req.Src != req.Dst || !req.If.IsZero() {
		return b.copyFrom(ctx, src, req)
	}
	// A Put in between must not be undone: the copy replaces only the version that it was
	// made of.
	for range maxOnto {
		info, err := src.Stat(ctx, driver.Key{Name: req.Src})
		switch {
		case err != nil:
			return files.Info{}, err
		case req.IfSource != "" && req.IfSource != info.Version:
			return files.Info{}, files.ErrPrecondition
		}
		pinned := *req
		pinned.IfSource, pinned.If = info.Version, files.IfVersion(info.Version)
		if pinned.Attributes == nil && nativeOf(req.Native).inResource() {
			pinned.Attributes = &info.Attributes // which copyFrom would request again
		}
		made, err := b.copyFrom(ctx, src, &pinned)
		if files.KindOf(err) != files.ErrPrecondition || req.IfSource != "" {
			return made, err
		}
	}
	return files.Info{}, driver.Errorf(files.ErrUnavailable, "the file is replaced again and again")
}

// copyFrom copies under the conditions of the request.
func (b *backend) copyFrom(ctx context.Context, src *backend,
	req *driver.CopyRequest) (files.Info, error) {
	if err := checkStorable(req.Dst); err != nil {
		return files.Info{}, err
	}
	u := src.resource(req.Src)
	target := "/rewriteTo/b/"
	u.Path += target + b.bucket + "/o/" + req.Dst
	u.RawPath += target + url.PathEscape(b.bucket) + "/o/" + url.PathEscape(req.Dst)
	c := &call{
		op:     opCopy,
		method: "POST",
		url:    u,
		header: http.Header{},
		last:   true,
		query:  url.Values{"fields": {rewrittenFields}},
	}
	var err error
	if c.conds, err = setCondition(c.query, req.If); err != nil {
		return files.Info{}, err
	}
	if req.IfSource != "" {
		g, ok := generation(req.IfSource)
		if !ok {
			return files.Info{}, driver.WithCause(files.ErrPrecondition, nil,
				"no file has such a version")
		}
		c.query.Set("ifSourceGenerationMatch", g)
		c.conds |= condSourceVersion
	}
	native, attrs := nativeOf(req.Native), req.Attributes
	native.addQuery(c.query, "destinationKmsKeyName", "destinationPredefinedAcl")
	// The resource that is sent replaces all attributes, so the source's are fetched,
	// and the source is pinned to that version.
	if attrs == nil && native.inResource() {
		info, err := src.Stat(ctx, driver.Key{Name: req.Src})
		switch {
		case err != nil:
			return files.Info{}, err
		case req.IfSource != "" && req.IfSource != info.Version:
			return files.Info{}, files.ErrPrecondition
		}
		attrs = &info.Attributes
		c.query.Set("ifSourceGenerationMatch", string(info.Version))
		c.conds |= condSourceVersion
	}
	if attrs != nil {
		text, err := newResource(*attrs, "", native).encode()
		if err != nil {
			return files.Info{}, err
		}
		c.payload = &payload{before: string(text)}
		c.header["Content-Type"] = []string{"application/json; charset=UTF-8"}
	}
	return b.rewrite(ctx, c, req)
}

// rewrite sends requests until the service has finished the copy.
func (b *backend) rewrite(ctx context.Context, c *call,
	req *driver.CopyRequest) (files.Info, error) {
	copied, idle, restarts := int64(0), 0, 0
	for range maxSteps {
		r := rewritten{Resource: object{of: req.Dst}}
		var past past
		err := b.retry.Do(ctx, func(ctx context.Context, _ int) error {
			err := b.do(ctx, c, &r)
			past.saw(err)
			if gone(err) && c.query.Has("rewriteToken") {
				c.query.Del("rewriteToken") // the service has forgotten it: begin again
				copied, restarts = 0, restarts+1
			}
			return err
		})
		if err != nil {
			return files.Info{}, b.mapCopyError(ctx, err, past, req)
		}
		if r.Done {
			return r.Resource.info(), nil
		}
		if idle++; r.Rewritten.n-copied >= minStep {
			copied, idle = r.Rewritten.n, 0
		}
		if idle >= maxIdleSteps || restarts > maxRestarts {
			break
		}
		c.query.Set("rewriteToken", r.Token)
	}
	return files.Info{}, driver.Errorf(files.ErrUnavailable,
		"the service doesn't finish the copy")
}

// gone reports whether the service has dropped the copy or upload that the request is
// part of.
func gone(err error) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	return ok && e.Code == http.StatusGone
}

// mapCopyError maps the failure of a copy. A condition that fails after a lost response
// may have failed because of the copy itself. Of two conditions, the source's has
// failed if the source has another version.
func (b *backend) mapCopyError(ctx context.Context, err error, p past,
	req *driver.CopyRequest) error {
	kind := files.KindOf(err)
	failed := kind == files.ErrExist || kind == files.ErrPrecondition
	switch {
	case failed && p.byProxy, p.uncertain && (failed || !notApplied(err)):
		return uncertain(err)
	case kind == files.ErrExist && req.IfSource != "":
		info, serr := b.Stat(ctx, driver.Key{Name: req.Src})
		if serr == nil && info.Version != req.IfSource {
			return files.ErrPrecondition
		}
	}
	return err
}
