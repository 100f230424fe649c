// Package handover lets the packages below files call functions that are private to
// package files.
package handover

import (
	"io"
	"time"
)

// NewReader is a function of package files. It takes a context and a ReaderConfig of
// files.Info, and returns a *files.Reader.
var NewReader any

// SetInfo is package files' func(*files.Reader, files.Info).
var SetInfo any

// DeleteBatch is package files' func(context.Context, files.Bucket, []string) []error.
var DeleteBatch any

// Locate is package files' func(files.Bucket, string) (store any, key string).
var Locate any

// StatOrNoBucket is package files'
// func(context.Context, files.Bucket, string) (files.Info, error).
var StatOrNoBucket any

// ReaderConfig is driver.ReaderConfig. Info is files.Info, which can't be named here.
type ReaderConfig[Info any] struct {
	Name    string
	Info    Info
	Offset  int64
	Length  int64
	Body    io.ReadCloser
	Timeout time.Duration
	Verify  bool
	OnClose func()
}
