package gcs

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// reserved is the prefix that no object's name may have
// (https://cloud.google.com/storage/docs/objects#naming).
const reserved = ".well-known/acme-challenge/"

func checkStorable(name string) error {
	if strings.HasPrefix(name, reserved) {
		return driver.Errorf(files.ErrUnsupported, "Cloud Storage can't store names under %s",
			reserved)
	}
	return nil
}

// upload is one Put.
type upload struct {
	b       *backend
	req     *driver.PutRequest
	conds   conditions
	query   url.Values
	writeID string // of conditional and parallel uploads
	// native are the service's own options, or nil.
	native *PutOptions
}

// plan is the plan of an upload part by part: one part is in memory at a time, and their
// number is unlimited.
func (b *backend) plan() driver.PartPlan {
	return driver.PartPlan{
		PartSize:    b.part,
		Concurrency: 1,
		MaxParts:    math.MaxInt32,
		MaxPartSize: maxPart,
		Memory:      b.memory,
	}
}

// Put buffers the content up to the part size and sends it in one request; it sends
// longer content in parts.
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := checkStorable(req.Name); err != nil {
		return files.Info{}, err
	}
	u := &upload{
		b:      b,
		req:    req,
		query:  url.Values{"name": {req.Name}, "fields": {objectFields}},
		native: nativeOf(req.Native),
	}
	u.native.addQuery(u.query, "kmsKeyName", "predefinedAcl")
	var err error
	if u.conds, err = setCondition(u.query, req.If); err != nil {
		return files.Info{}, err
	}
	if u.conds != 0 {
		u.writeID = rand.Text()
	}
	plan := b.plan()
	parallel := u.parallel()
	if parallel {
		u.writeID, plan = rand.Text(), b.parallelPlan()
	}
	parts, err := driver.NewParts(plan, req)
	if err != nil {
		return files.Info{}, err
	}
	first, err := parts.Next(ctx)
	if err != nil {
		return files.Info{}, err
	}
	o, err := u.send(ctx, parts, first, parallel)
	if err != nil {
		return files.Info{}, err
	}
	return o.written(), nil
}

// send sends the content in one request, in parallel parts, or part by part.
func (u *upload) send(
	ctx context.Context, parts *driver.Parts, first *driver.Part, parallel bool,
) (*object, error) {
	if first.Last {
		if parallel {
			u.writeID = "" // a single request needs none
		}
		return u.sendWhole(ctx, first)
	}
	if parallel {
		o, understood, err := u.sendParallel(ctx, parts, first)
		if understood {
			return o, err
		}
	}
	o, err := u.sendParts(ctx, parts, first)
	if parallel && err == nil {
		u.b.noXMLParts.Store(true)
	}
	return o, err
}

// setCondition makes a precondition from the target's condition (P8, P9).
func setCondition(q url.Values, c files.Condition) (conditions, error) {
	if c.Absent() {
		q.Set("ifGenerationMatch", "0")
		return condAbsent, nil
	}
	v, ok := c.Version()
	if !ok {
		return 0, nil
	}
	g, ok := generation(v)
	if !ok {
		return 0, driver.WithCause(files.ErrPrecondition, nil, "no file has such a version")
	}
	q.Set("ifGenerationMatch", g)
	return condVersion, nil
}

// resource is an object's resource as it is sent.
type resource struct {
	Name               string            `json:"name,omitempty"`
	ContentType        string            `json:"contentType,omitempty"`
	CacheControl       string            `json:"cacheControl,omitempty"`
	ContentDisposition string            `json:"contentDisposition,omitempty"`
	ContentEncoding    string            `json:"contentEncoding,omitempty"`
	ContentLanguage    string            `json:"contentLanguage,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
	StorageClass       string            `json:"storageClass,omitempty"`
	CustomTime         time.Time         `json:"customTime,omitzero"`
	TemporaryHold      bool              `json:"temporaryHold,omitempty"`
	EventBasedHold     bool              `json:"eventBasedHold,omitempty"`
	Retention          *retention        `json:"retention,omitempty"`
	CRC32C             string            `json:"crc32c,omitempty"`
}

func newResource(a files.Attributes, mark string, native *PutOptions) *resource {
	r := &resource{
		ContentType:        a.ContentType,
		CacheControl:       a.CacheControl,
		ContentDisposition: a.ContentDisposition,
		ContentEncoding:    a.ContentEncoding,
		ContentLanguage:    a.ContentLanguage,
		Metadata:           encodeMetadata(a, mark),
	}
	native.addTo(r)
	return r
}

func (r *resource) encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, driver.WithCause(files.ErrInvalid, err, "the attributes can't be encoded")
	}
	return text, nil
}

// sendWhole sends the content in one request.
func (u *upload) sendWhole(ctx context.Context, part *driver.Part) (*object, error) {
	defer part.Release()
	c, err := u.multipart(part)
	if err != nil {
		return nil, err
	}
	o := &object{of: u.req.Name}
	var past past
	err = u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		return past.saw(u.b.do(ctx, c, o))
	})
	if err != nil {
		if o, err = u.outcome(ctx, err, past); err != nil {
			return nil, err
		}
	}
	return o, u.verify(o)
}

// past is what happened to the requests of a call so far.
type past struct {
	uncertain bool // one may have been carried out
	byProxy   bool // one was refused by something that isn't the service
	failures  int
}

// saw records the failure of a request, if any, and returns it.
func (p *past) saw(err error) error {
	if err != nil {
		p.failures++
		p.uncertain = p.uncertain || isUncertain(err)
		p.byProxy = p.byProxy || isProxyRefusal(err)
	}
	return err
}

// outcome returns the outcome of a Put whose last request failed with err. A request
// that was carried out may have been retried, and a conditional one may then fail
// because of what an earlier attempt wrote, even if the response to that attempt was a
// refusal.
func (u *upload) outcome(ctx context.Context, err error, p past) (*object, error) {
	kind := files.KindOf(err)
	failed := kind == files.ErrExist || kind == files.ErrPrecondition
	open := p.uncertain || failed && p.byProxy
	switch {
	case failed && !open && p.failures > 1 && u.writeID != "" && ctx.Err() == nil:
		if o, ownErr := u.findOwnWrite(ctx, err); ownErr == nil {
			return o, nil
		}
		return nil, err
	case !open, notApplied(err) && !failed:
		return nil, err
	case u.writeID == "" || ctx.Err() != nil:
		return nil, uncertain(err)
	}
	return u.findOwnWrite(ctx, err)
}

// notApplied reports whether the refusal of a retried request shows that no attempt
// before it was carried out. It doesn't if the outcome of the last attempt is open as
// well, or if the service was not reached.
func notApplied(err error) bool {
	switch files.KindOf(err) {
	case nil, files.ErrUnavailable, files.ErrPermission: // a permission may have ended meanwhile
		return false
	}
	return !isUncertain(err)
}

// findOwnWrite returns the present object if an earlier attempt of the same Put wrote it.
// Otherwise it is unknown who wrote first.
func (u *upload) findOwnWrite(ctx context.Context, failure error) (*object, error) {
	found := &object{of: u.req.Name}
	c := &call{
		op:     opRead,
		method: "GET",
		url:    u.b.resource(u.req.Name),
		query:  url.Values{"fields": {objectFields}},
	}
	if err := u.b.withRetry(ctx, c, found); err != nil || found.Metadata[markKey] != u.writeID {
		return nil, uncertain(cmp.Or(failure, err))
	}
	return found, nil
}

// verify compares what the service stored with what was sent.
func (u *upload) verify(o *object) error {
	d := u.req.Content.Digest()
	got := o.written().Digest.CRC32C
	if o.Size.n == u.req.Content.Count() && (got == "" || got == d.CRC32C) {
		return nil
	}
	return driver.WithCause(files.ErrCorrupt, nil,
		fmt.Sprintf("the service stored %d bytes that are not the ones sent", o.Size.n))
}
