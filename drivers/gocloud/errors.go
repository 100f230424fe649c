package gocloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/gcerrors"
)

// op is the kind of call: the same code means different things for different kinds.
type op uint8

const (
	opRead op = iota // Attributes or NewRangeReader
	opBody           // reading a body
	opList
	opPut
	opPutIfAbsent
	opDelete
	opCopy
	opSign
	opClose
)

// mapError maps an error of Go CDK to a sentinel (E2). The error's text has the escaped,
// prefixed key or a physical path, so it is never shown; errors.As still finds the error.
func (b *backend) mapError(ctx context.Context, o op, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil && (errors.Is(err,
		cause) || gcerrors.Code(err) == gcerrors.Canceled ||
		gcerrors.Code(err) == gcerrors.DeadlineExceeded) {
		both := errors.Join(driver.ContextError(ctx), err)
		return driver.WithCause(nil, both, cause.Error())
	}
	if inner, ok := errors.AsType[*files.Error](err); ok { // of the bucket behind the bridge
		return mapFilesError(inner)
	}
	detail, k := b.kindOf(o, err)
	if b.checkDir() != nil {
		k, detail = files.ErrNoBucket, "the folder doesn't exist"
	}
	if k == nil {
		return driver.WithCause(nil, err, detail)
	}
	return driver.WithCause(k, err, detail)
}

// mapFilesError removes the error's name, which may have a prefix or directory that the
// caller's name lacks (E1).
func mapFilesError(inner *files.Error) error {
	if inner.Kind == nil {
		return driver.WithCause(nil, inner.Err, inner.Detail)
	}
	unnamed := *inner
	unnamed.Op, unnamed.Name = "", ""
	return &unnamed
}

// kindOf returns the words and the sentinel, or nil.
func (b *backend) kindOf(o op, err error) (detail string, kind error) {
	code, r := gcerrors.Code(err), responseOf(err)
	words := r.String() // "" if the error is the driver's
	if b.provider.kind == kindFile {
		if detail, ok, kind := mapFileError(o, err); ok {
			return detail, kind
		}
	}
	if strings.Contains(err.Error(),
		"Bucket has been closed") && code == gcerrors.FailedPrecondition {
		return "the *blob.Bucket is closed", files.ErrClosed
	}
	if b.provider.single && o == opList {
		return "a bucket of one key has no listing", files.ErrUnsupported
	}
	if k := r.kind(o); k != nil {
		return words, k
	}
	switch code {
	case gcerrors.NotFound:
		if o == opList || o == opPut || o == opPutIfAbsent {
			return words, files.ErrNoBucket
		}
		return words, files.ErrNotExist
	case gcerrors.AlreadyExists:
		return words, files.ErrExist
	case gcerrors.FailedPrecondition:
		if o == opPutIfAbsent {
			return words, files.ErrExist
		}
		return words, files.ErrPrecondition
	case gcerrors.PermissionDenied:
		return words, files.ErrPermission
	case gcerrors.InvalidArgument:
		return words, files.ErrInvalid
	case gcerrors.Unimplemented:
		return words, files.ErrUnsupported
	case gcerrors.ResourceExhausted:
		return words, files.ErrUnavailable
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return "the service can't be reached", files.ErrUnavailable
	}
	if o == opBody && b.provider.remote() {
		return "the connection broke", files.ErrUnavailable
	}
	if words == "" {
		words = "the driver failed with " + code.String()
	}
	return words, nil
}

// mapFileError maps fileblob's errors by the operating system's.
func mapFileError(o op, err error) (detail string, known bool, kind error) {
	errno, isErrno := errors.AsType[syscall.Errno](err)
	detail = "the file system failed"
	if isErrno {
		detail = errno.Error()
	}
	write := o == opPut || o == opPutIfAbsent || o == opCopy
	switch {
	case errors.Is(err, fs.ErrPermission), errno == syscall.EROFS:
		return detail, true, files.ErrPermission
	case errno == syscall.ENAMETOOLONG:
		return "an element is too long for the file system", true, files.ErrInvalidName
	case strings.Contains(err.Error(), `".attrs"`) && !isErrno:
		return `names ending in ".attrs" are fileblob's own`, true, files.ErrInvalidName
	case !write && (errno == syscall.ENOTDIR || errno == syscall.ENOTEMPTY ||
		errno == syscall.EEXIST):
		return "", true, files.ErrNotExist
	case errno == syscall.ENOTDIR, errno == syscall.EISDIR, errno == syscall.EEXIST:
		return "a file and a directory can't have the same name", true, files.ErrUnsupported
	case errors.Is(err, fs.ErrNotExist) && write && o != opCopy:
		return "the file's folder was removed meanwhile", true, files.ErrUnavailable
	case errors.Is(err, fs.ErrNotExist) && o == opList:
		return "files were removed while they were listed", true, files.ErrUnavailable
	}
	return fmt.Sprintf("%s (%v)", detail,
		gcerrors.Code(err)), isErrno && !errors.Is(err, fs.ErrNotExist), nil
}

// checkDir reports whether fileblob's folder exists: without it, fileblob's listings and
// requests would only be empty (E3).
func (b *backend) checkDir() error {
	if b.provider.kind != kindFile {
		return nil
	}
	var fi os.FileInfo
	if !b.bucket.As(&fi) || !fi.IsDir() {
		return driver.WithCause(files.ErrNoBucket, nil, "the folder doesn't exist")
	}
	return nil
}
