package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// scratchMark is in every name that a proof writes.
const scratchMark = ".cloudfiles-probe-"

// wrongETag is an ETag that no object has.
const wrongETag = "0badc0de0badc0de0badc0de0badc0de"

// proof tries a store's conditions on scratch names, and removes what it wrote.
type proof struct {
	b     *backend
	base  string // a random name
	found map[Claim]Keep
	bare  bool // the form of ETags that the store took
	// refusal is the error of the last request that the store refused as unknown or
	// invalid.
	refusal error
}

func (b *backend) newProof(near string) *proof {
	var random [16]byte
	rand.Read(random[:]) // never fails
	dir := near[:strings.LastIndexByte(near, '/')+1]
	if len(dir) > files.MaxName/2 {
		dir = ""
	}
	return &proof{
		b:     b,
		base:  dir + scratchMark + hex.EncodeToString(random[:]),
		found: map[Claim]Keep{},
		bare:  b.known.bare.Load(),
	}
}

// prove finds out whether the store keeps an unproved claim. The scratch names are in
// the directory of near. If the proof itself fails, the claim stays unproved, and the
// error says why.
func (b *backend) prove(ctx context.Context, c Claim, near string) error {
	k := &b.known
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.is(c) != Unproved {
		return nil
	}
	p := b.newProof(near)
	err := p.of(ctx, c)
	if err == nil {
		for c, v := range p.found {
			k.setUnproved(c, v)
		}
		k.bare.Store(p.bare)
		return nil
	}
	kind := files.KindOf(err)
	if kind == nil {
		kind = files.ErrUnavailable
	}
	return driver.WithCause(kind, err,
		"the store is unknown, and a proof on a scratch name whether it keeps "+c.String()+
			" failed: "+detail(err)+"; write store=NAME or conditions=…")
}

// of proves a claim, together with the claims that belong to it.
func (p *proof) of(ctx context.Context, c Claim) error {
	switch c {
	case PutIfAbsent, PutIfVersion:
		return p.puts(ctx)
	case CompleteIf:
		return p.complete(ctx)
	case DeleteIf:
		return p.deletes(ctx)
	case CopyIf, CopySourceIf:
		return p.copies(ctx)
	case GetIf:
		return p.gets(ctx)
	case DirBesideFile:
		return p.besides(ctx)
	case AnyName:
		return p.names(ctx)
	default:
		return p.orders(ctx)
	}
}

// verdict is what the store did with a condition that doesn't hold.
type verdict uint8

const (
	passed        verdict = iota // the request was carried out nevertheless
	refused412                   // it was refused because of the condition
	unknownHeader                // it was refused because of the header
)

// keep returns what the verdict says about the claim.
func (v verdict) keep() Keep {
	if v == refused412 {
		return Kept
	}
	return NotKept
}

// try makes a request with a condition, and retries it if the store is unavailable.
func (p *proof) try(ctx context.Context, o op, request func(ctx context.Context) error) (
	v verdict, err error,
) {
	return p.tryAt(ctx, o, "", request)
}

// tryAt is try for a write of the key.
func (p *proof) tryAt(ctx context.Context, o op, key string,
	request func(ctx context.Context) error,
) (v verdict, err error) {
	d := p.b.denials(o, key)
	err = p.b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		failure := request(ctx)
		if failure == nil {
			v = passed
			return nil
		}
		switch a := responseOf(failure); {
		case !a.isS3 && a.status != 0 && a.status != http.StatusNotModified &&
			!(a.bare && (a.status == http.StatusBadRequest ||
				a.status == http.StatusMethodNotAllowed ||
				a.status == http.StatusNotImplemented)):
			// The response isn't the store's.
		case a.status == http.StatusPreconditionFailed, a.code == "PreconditionFailed",
			a.code == "ConditionalRequestConflict", a.status == http.StatusNotModified,
			a.status == http.StatusNotFound && (a.code == "NoSuchKey" || a.code == "NotFound" ||
				o == opStat):
			v = refused412
			return nil
		case strings.HasPrefix(hints[a.code], nameUnsupported): // because of the directory's name
		case a.status == http.StatusNotImplemented, a.code == "NotImplemented",
			a.status == http.StatusMethodNotAllowed, a.status == http.StatusBadRequest:
			v, p.refusal = unknownHeader, mapError(ctx, o, failure)
			return nil
		}
		return d.classify(ctx, failure, mapError(ctx, o, failure))
	})
	return v, d.result(ctx, err)
}

// put writes the scratch object, under conditions.
func (p *proof) put(ctx context.Context, key, content string, absent bool,
	match *string) (v verdict, etag string, err error) {
	in := &s3.PutObjectInput{
		Bucket:  &p.b.bucket,
		Key:     &key,
		IfMatch: match,
	}
	if absent {
		in.IfNoneMatch = aws.String("*")
	}
	v, err = p.tryAt(ctx, opPut, key, func(ctx context.Context) error {
		in.Body = strings.NewReader(content)
		out, err := p.b.client.PutObject(ctx, in)
		if err == nil {
			etag = string(version(out.ETag))
		}
		return err
	})
	return v, etag, err
}

// create puts the scratch object without a condition.
func (p *proof) create(ctx context.Context, key string) (etag string, err error) {
	v, etag, err := p.put(ctx, key, "scratch", false, nil)
	if err == nil && v == unknownHeader && p.refusal != nil {
		err = p.refusal // no condition caused it
	}
	if err == nil && v != passed {
		err = driver.Errorf(files.ErrUnavailable,
			"the store refuses a small object without a condition")
	}
	return etag, err
}

// remove deletes scratch objects, even if the context has ended.
func (p *proof) remove(ctx context.Context, keys ...string) {
	driver.Undo(ctx, func(ctx context.Context) {
		for _, key := range keys {
			in := &s3.DeleteObjectInput{Bucket: &p.b.bucket, Key: &key}
			// nobody reads its error
			p.b.withRetry(ctx, opDelete, func(ctx context.Context) error {
				_, err := p.b.client.DeleteObject(ctx, in)
				return err
			})
		}
	})
}

// puts proves the conditions of PutObject: on a missing object, on an existing one, and
// with the right version and a wrong one.
func (p *proof) puts(ctx context.Context) error {
	key := p.base
	defer p.remove(ctx, key)
	// A missing object has no version.
	missing, _, err := p.put(ctx, key, "scratch", false, p.quoted(wrongETag))
	if err != nil {
		return err
	}
	if missing == passed {
		p.remove(ctx, key)
	}
	absent, etag, err := p.put(ctx, key, "scratch", true, nil)
	if err != nil {
		return err
	}
	switch absent {
	case refused412: // though there is no object
		absent = unknownHeader
	case passed:
		if absent, _, err = p.put(ctx, key, "scratch 2", true, nil); err != nil {
			return err
		}
	}
	if etag == "" || absent != refused412 {
		if etag, err = p.create(ctx, key); err != nil {
			return err
		}
	}
	match, err := p.matches(ctx, key, etag)
	if err != nil {
		return err
	}
	if missing != refused412 {
		match = NotKept
	}
	p.found[PutIfAbsent] = absent.keep()
	p.found[PutIfVersion] = match
	return nil
}

// matches tries If-Match of PutObject with a wrong version and with the right one, in
// both forms.
func (p *proof) matches(ctx context.Context, key, etag string) (Keep, error) {
	v, _, err := p.put(ctx, key, "scratch 3", false, p.quoted(wrongETag))
	if err != nil || v != refused412 || etag == "" {
		return NotKept, err
	}
	for range 2 {
		v, _, err := p.put(ctx, key, "scratch 4", false, p.quoted(etag))
		if err != nil {
			return NotKept, err
		}
		if v == passed {
			return Kept, nil
		}
		p.bare = !p.bare // some stores compare it without its quotes
	}
	return NotKept, nil
}

// quoted returns the ETag in the form of the store's If-Match of writes.
func (p *proof) quoted(etag string) *string {
	if p.bare {
		return &etag
	}
	return etagOf(files.Version(etag))
}

// deletes proves If-Match of DeleteObject.
func (p *proof) deletes(ctx context.Context) error {
	key := p.base
	defer p.remove(ctx, key)
	etag, err := p.create(ctx, key)
	if err != nil {
		return err
	}
	del := func(match *string) (verdict, error) {
		return p.try(ctx, opDelete, func(ctx context.Context) error {
			_, err := p.b.client.DeleteObject(ctx, &s3.DeleteObjectInput{
				Bucket:  &p.b.bucket,
				Key:     &key,
				IfMatch: match,
			})
			return err
		})
	}
	wrong, err := del(etagOf(wrongETag))
	if err != nil {
		return err
	}
	keep := wrong.keep()
	if keep == Kept {
		right, err := del(etagOf(files.Version(etag)))
		if err != nil {
			return err
		}
		if right != passed || etag == "" {
			keep = NotKept
		}
	}
	p.found[DeleteIf] = keep
	return nil
}

// copies proves the conditions of CopyObject.
func (p *proof) copies(ctx context.Context) error {
	from, to := p.base, p.base+"-copy"
	defer p.remove(ctx, from, to)
	if _, err := p.create(ctx, from); err != nil {
		return err
	}
	if _, err := p.create(ctx, to); err != nil {
		return err
	}
	cp := func(set func(*s3.CopyObjectInput)) (verdict, error) {
		in := &s3.CopyObjectInput{
			Bucket:     &p.b.bucket,
			Key:        &to,
			CopySource: copySource(p.b.bucket, from),
		}
		set(in)
		return p.try(ctx, opCopy, func(ctx context.Context) error {
			_, err := p.b.client.CopyObject(ctx, in)
			return err
		})
	}
	absent, err := cp(func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") })
	if err != nil {
		return err
	}
	match, err := cp(func(in *s3.CopyObjectInput) { in.IfMatch = etagOf(wrongETag) })
	if err != nil {
		return err
	}
	source, err := cp(func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = etagOf(wrongETag) })
	if err != nil {
		return err
	}
	target := NotKept
	if absent == refused412 && match == refused412 {
		target = Kept
	}
	p.found[CopyIf] = target
	p.found[CopySourceIf] = source.keep()
	return nil
}

// complete proves the conditions at the end of an upload in parts.
func (p *proof) complete(ctx context.Context) error {
	key := p.base
	defer p.remove(ctx, key)
	if _, err := p.create(ctx, key); err != nil {
		return err
	}
	keep := Kept
	for _, absent := range []bool{true, false} {
		v, err := p.completeOnce(ctx, key, absent)
		if err != nil {
			return err
		}
		if v != refused412 {
			keep = NotKept
			break
		}
	}
	p.found[CompleteIf] = keep
	return nil
}

func (p *proof) completeOnce(ctx context.Context, key string, absent bool) (v verdict, err error) {
	u, err := p.b.begin(ctx, &s3.CreateMultipartUploadInput{Bucket: &p.b.bucket, Key: &key}, false)
	if err != nil {
		return v, err
	}
	defer func() {
		if v != passed || err != nil {
			u.abort(ctx)
		}
	}()
	var part *s3.UploadPartOutput
	err = p.b.withRetry(ctx, opPut, func(ctx context.Context) (err error) {
		part, err = p.b.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket:     &p.b.bucket,
			Key:        &key,
			UploadId:   u.id,
			PartNumber: aws.Int32(1),
			Body:       strings.NewReader("scratch 5"),
		})
		return err
	})
	if err != nil {
		return v, err
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket:   &p.b.bucket,
		Key:      &key,
		UploadId: u.id,
		MultipartUpload: &types.CompletedMultipartUpload{
			Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}},
		},
	}
	if absent {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = p.quoted(wrongETag)
	}
	return p.try(ctx, opPut, func(ctx context.Context) error {
		_, err := p.b.client.CompleteMultipartUpload(ctx, in)
		return err
	})
}

// gets proves the conditions of GetObject.
func (p *proof) gets(ctx context.Context) error {
	key := p.base
	defer p.remove(ctx, key)
	etag, err := p.create(ctx, key)
	if err != nil {
		return err
	}
	get := func(match, none *string) (verdict, error) {
		return p.try(ctx, opStat, func(ctx context.Context) error {
			_, err := p.b.client.HeadObject(ctx, &s3.HeadObjectInput{
				Bucket:      &p.b.bucket,
				Key:         &key,
				IfMatch:     match,
				IfNoneMatch: none,
			})
			return err
		})
	}
	keep := NotKept
	wrong, err := get(etagOf(wrongETag), nil)
	if err != nil {
		return err
	}
	same, err := get(nil, etagOf(files.Version(etag)))
	if err != nil {
		return err
	}
	if wrong == refused412 && same == refused412 && etag != "" {
		keep = Kept
	}
	p.found[GetIf] = keep
	return nil
}
