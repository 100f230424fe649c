// Package handover lets package driver make Readers, which have fields that are private
// to package files.
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
