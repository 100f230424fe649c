package gcs

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"google.golang.org/api/googleapi"
)

// An upload that outlives its process is an upload of the XML API, as in sendParallel.
// It supports neither a condition nor the service's own options, nor attributes that no
// header can carry. A resumable session of the JSON API supports them, but anyone who
// has its URL can write the file without credentials, so a token must not contain it.
// Such an upload is a Put instead.
//
// The ID is <mark>-<service's ID>; the mark is in the metadata of the file that the
// upload becomes.

var _ driver.PartUploader = (*backend)(nil)

// UploadLimits implements driver.PartUploader.
func (b *backend) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: minXMLPart, MaxPart: maxPart, MaxParts: maxXMLParts}
}

// UploadStore implements driver.PartUploader.
func (b *backend) UploadStore() string {
	return "gcs " + b.scheme + "://" + b.host + " " + b.bucket
}

const markLen = 26 // the length of rand.Text's result

// xmlUploadOf returns the upload with an ID from BeginUpload or from a listing.
func (b *backend) xmlUploadOf(ctx context.Context, u *driver.Upload) *xmlUpload {
	up := &upload{b: b, req: u.PutRequest(ctx, bytes.NewReader(nil))}
	x := &xmlUpload{u: up, id: u.ID}
	if mark, id, ok := strings.Cut(u.ID, "-"); ok && len(mark) == markLen &&
		strings.Trim(mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == "" {
		up.writeID, x.id = mark, id
	}
	return x
}

// BeginUpload implements driver.PartUploader.
func (b *backend) BeginUpload(ctx context.Context, u *driver.Upload) (string, error) {
	if err := checkStorable(u.Name); err != nil {
		return "", err
	}
	if !u.If.IsZero() || nativeOf(u.Native) != nil || !inHeaders(u.Attributes) ||
		b.noXMLParts.Load() {
		return "", files.ErrUnsupported
	}
	x := b.xmlUploadOf(ctx, u)
	x.id, x.u.writeID = "", rand.Text()
	if err := x.begin(ctx); err != nil {
		if unknownRequest(err) { // a Put finds out whether only this request is refused
			return "", files.ErrUnsupported
		}
		return "", err
	}
	return x.u.writeID + "-" + x.id, nil
}

// noUpload reports whether the service says that it has no such upload.
func noUpload(err error) bool { return saidXML(err, http.StatusNotFound, "NoSuchUpload") }

func saidXML(err error, status int, code string) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	return ok && e.Code == status && strings.Contains(err.Error(), code)
}

// goneOr returns ErrUploadGone if the service no longer has the upload or a part, and err
// otherwise.
func goneOr(err error) error {
	if files.KindOf(err) != files.ErrUncertain && (noUpload(err) ||
		saidXML(err, http.StatusBadRequest, "InvalidPart")) {
		return driver.ErrUploadGone
	}
	return err
}

// PutPart implements driver.PartUploader.
func (b *backend) PutPart(ctx context.Context, u *driver.Upload,
	part *driver.Part) (string, error) {
	x := b.xmlUploadOf(ctx, u)
	if err := x.send(ctx, part); err != nil {
		return "", goneOr(err)
	}
	return strings.Trim(x.done[0].ETag, `"`), nil
}

// ListParts implements driver.PartUploader.
func (b *backend) ListParts(ctx context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	x := b.xmlUploadOf(ctx, u)
	var parts []driver.UploadedPart
	marker := 0
	for {
		var page struct {
			XMLName     xml.Name
			IsTruncated bool
			Parts       []struct {
				PartNumber int
				ETag       string
				Size       int64
			} `xml:"Part"`
		}
		q := url.Values{"max-parts": {"1000"}}
		if marker > 0 {
			q.Set("part-number-marker", strconv.Itoa(marker))
		}
		c := x.call("GET", q)
		c.op = opRead
		err := b.getXML(ctx, c, "ListPartsResult", &page)
		if err != nil {
			return nil, goneOr(err)
		}
		for _, p := range page.Parts {
			if p.PartNumber <= marker {
				return nil, driver.Errorf(files.ErrUnavailable,
					"the service lists parts out of order")
			}
			marker = p.PartNumber
			parts = append(parts, driver.UploadedPart{
				Number: p.PartNumber,
				Size:   p.Size,
				Tag:    strings.Trim(p.ETag, `"`),
			})
		}
		if !page.IsTruncated {
			return parts, nil
		}
		if len(page.Parts) == 0 {
			return nil, driver.Errorf(files.ErrUnavailable,
				"the service lists parts without an end")
		}
	}
}

// getXML makes one request of the XML API and reads the document in its response.
func (b *backend) getXML(ctx context.Context, c *call, root string, page any) error {
	return b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		resp, content, err := b.doXML(ctx, c)
		if err != nil {
			return err
		}
		if !isRoot(content, root) || xml.Unmarshal(content, page) != nil {
			return c.badResponse(resp, "without the element "+root)
		}
		return nil
	})
}

// CompleteUpload implements driver.PartUploader.
func (b *backend) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (files.Info, error) {
	x := b.xmlUploadOf(ctx, u)
	for _, p := range parts {
		x.done = append(x.done, xmlPart{p.Number, `"` + p.Tag + `"`})
	}
	o, err := x.complete(ctx)
	if err != nil {
		return files.Info{}, goneOr(err)
	}
	info := o.written()
	crc, want := info.Digest.CRC32C, u.Digest.CRC32C
	if crc != "" && crc != want && !u.Signed {
		return files.Info{}, driver.Errorf(files.ErrCorrupt,
			"the service stored bytes that are not the ones sent")
	}
	return info, nil
}

// FindUpload implements driver.PartUploader.
func (b *backend) FindUpload(ctx context.Context, u *driver.Upload) (files.Info, bool, error) {
	x := b.xmlUploadOf(ctx, u)
	o := &object{of: u.Name}
	err := b.withRetry(ctx, &call{
		op:     opRead,
		method: "GET",
		url:    b.resource(u.Name),
		query:  url.Values{"fields": {objectFields}},
	}, o)
	switch {
	case files.KindOf(err) == files.ErrNotExist:
		return files.Info{}, false, nil
	case err != nil:
		return files.Info{}, false, err
	}
	return o.info(), x.u.writeID != "" && o.Metadata[markKey] == x.u.writeID, nil
}

// AbortUpload implements driver.PartUploader.
func (b *backend) AbortUpload(ctx context.Context, name, id string) error {
	x := b.xmlUploadOf(ctx, &driver.Upload{Name: name, ID: id})
	if x.id == "" {
		return driver.Errorf(files.ErrInvalid, "the upload has no ID")
	}
	return x.remove(ctx)
}
