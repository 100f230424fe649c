package driver

import (
	"errors"

	"cloudfiles.dev/files"
)

// UploadLeft returns the error of a failed upload in parts that could not be removed,
// or not in time. Its text adds to err the ID of the upload that may be left, and says
// how to remove it.
func UploadLeft(err error, id string) error {
	words := "the upload " + id + " may be left: AbortUpload of files/resume removes it"
	kind := files.KindOf(err)
	if kind == nil {
		return &leftError{err, words}
	}
	if e, ok := errors.AsType[*files.Error](NewError("", "", err)); ok && e.Detail != "" {
		words = e.Detail + "; " + words
	}
	return WithCause(kind, err, words)
}

// leftError is an error without a sentinel, such as the end of a context.
type leftError struct {
	err   error
	words string
}

func (e *leftError) Error() string { return e.err.Error() + "; " + e.words }
func (e *leftError) Unwrap() error { return e.err }
