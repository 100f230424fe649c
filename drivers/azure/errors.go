package azure

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// op is what was asked: the same answer means different things.
type op uint8

const (
	opRead op = iota
	opList
	opPut
	opPutIfAbsent
	opDelete
	opCopySource
)

// answer is a service's failure: a sentinel, words for it, and what the service asks for.
type answer struct {
	err    error // files.Errorf's
	status int
	after  time.Duration
}

func (a *answer) Error() string             { return a.err.Error() }
func (a *answer) Unwrap() error             { return a.err }
func (a *answer) RetryAfter() time.Duration { return a.after }

// fault maps an error of the SDK to a sentinel (E2). Its own text has the URL in it, so it is never shown (E1).
func (b *backend) fault(ctx context.Context, o op, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return files.ContextError(ctx)
	}
	if _, mapped := errors.AsType[*answer](err); mapped {
		return err
	}
	r, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		if files.KindOf(err) != nil {
			return err
		}
		if _, dns := errors.AsType[*net.DNSError](err); dns {
			return files.WithCause(files.ErrUnavailable, err, "the service's host is not known")
		}
		return files.WithCause(files.ErrUnavailable, err, "the service can't be reached")
	}
	words, kind := kindOf(o, r)
	if words == "" {
		words = "the service answered " + strconv.Itoa(r.StatusCode)
		if plain(r.ErrorCode) {
			words += " " + r.ErrorCode
		}
	}
	if kind == nil {
		kind = files.ErrInvalid
		if r.StatusCode >= 300 && r.StatusCode < 400 {
			kind = files.ErrUnavailable
		}
	}
	a := &answer{err: files.WithCause(kind, err, words), status: r.StatusCode}
	if r.RawResponse != nil {
		if s, err := strconv.Atoi(r.RawResponse.Header.Get("Retry-After")); err == nil && s > 0 {
			a.after = time.Duration(s) * time.Second
		}
	}
	return a
}

// plain reports a code that is a word, which can hold no name and no secret.
func plain(code string) bool {
	return code != "" && len(code) <= 64 && strings.IndexFunc(code, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}) < 0
}

// kindOf finds the sentinel of an answer by the service's code, else by the status.
// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
func kindOf(o op, r *azcore.ResponseError) (words string, kind error) {
	switch bloberror.Code(r.ErrorCode) {
	case bloberror.ContainerNotFound, bloberror.ContainerBeingDeleted, bloberror.ContainerDisabled:
		return "", files.ErrNoBucket
	case bloberror.BlobAlreadyExists:
		return "", files.ErrExist
	case bloberror.BlobNotFound:
		return "", files.ErrNotExist
	case bloberror.LeaseIDMissing, bloberror.LeaseLost, bloberror.BlobImmutableDueToPolicy:
		return "the blob is leased or immutable: the service answered " + r.ErrorCode, files.ErrPermission
	case bloberror.BlobArchived:
		return "the blob is archived, and must be rehydrated before it can be read", files.ErrPermission
	case bloberror.InvalidBlobOrBlock, bloberror.InvalidBlockList:
		return "another upload of the name was committed meanwhile, which drops the blocks of this one", files.ErrUnavailable
	case bloberror.InvalidResourceName, "InvalidUri", "InvalidBlobName":
		return "", files.ErrInvalidName
	case bloberror.MetadataTooLarge, bloberror.InvalidMetadata, bloberror.EmptyMetadataKey:
		return "", files.ErrInvalid
	case bloberror.MD5Mismatch, "Crc64Mismatch":
		return "", files.ErrCorrupt
	case bloberror.RequestBodyTooLarge, bloberror.BlockCountExceedsLimit, bloberror.BlockListTooLong:
		return "", files.ErrTooLarge
	}
	switch {
	case r.StatusCode == http.StatusUnauthorized, r.StatusCode == http.StatusForbidden:
		return "", files.ErrPermission
	case r.StatusCode == http.StatusNotFound && (o == opRead || o == opDelete || o == opCopySource):
		return "", files.ErrNotExist
	case r.StatusCode == http.StatusNotFound:
		return "", files.ErrNoBucket
	case r.StatusCode == http.StatusNotModified:
		return "", files.ErrNotModified
	case (r.StatusCode == http.StatusPreconditionFailed || r.StatusCode == http.StatusConflict) && o == opPutIfAbsent:
		return "", files.ErrExist
	case r.StatusCode == http.StatusPreconditionFailed:
		return "", files.ErrPrecondition
	case r.StatusCode == http.StatusRequestEntityTooLarge:
		return "", files.ErrTooLarge
	case r.StatusCode == http.StatusNotImplemented:
		return "", files.ErrUnsupported
	case r.StatusCode == http.StatusTooManyRequests, r.StatusCode == http.StatusRequestTimeout, r.StatusCode >= 500:
		return "", files.ErrUnavailable
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return "the service redirects: is the endpoint right?", files.ErrInvalid
	}
	return "", nil
}

// lost reports whether the failure leaves open if the service did what was asked: nothing answered, or a server's fault did (P2).
func lost(err error) bool {
	a, ok := errors.AsType[*answer](err)
	return !ok || a.status >= 500 || a.status == http.StatusRequestTimeout
}

// refused reports that no connection came about: then nothing can have been done.
func refused(err error) bool {
	o, ok := errors.AsType[*net.OpError](err)
	return ok && o.Op == "dial"
}
