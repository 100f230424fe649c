package mount

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// nothing is the backend for the names that have no bucket. It claims every feature, so
// that wrong options are reported as in any bucket.
type nothing struct{}

func (nothing) Put(context.Context, *driver.PutRequest) (files.Info, error) {
	return files.Info{}, errNowhere
}

var errNowhere = driver.Errorf(files.ErrUnsupported, "no bucket is mounted for the name")

func (nothing) Open(context.Context, driver.OpenRequest) (driver.Object, error) {
	return driver.Object{}, files.ErrNotExist
}

func (nothing) Stat(context.Context, driver.Key) (files.Info, error) {
	return files.Info{}, files.ErrNotExist
}

func (nothing) List(context.Context, driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(func(files.Entry, error) bool) {}
}

func (nothing) Delete(_ context.Context, _ driver.Key, v files.Version) error {
	if v != "" {
		return files.ErrPrecondition
	}
	return nil
}

func (nothing) Features() files.Features {
	return files.Features{
		Versions:        true,
		IfAbsent:        true,
		IfVersion:       true,
		DeleteIfVersion: true,
		ReadConditions:  true,
		OneVersionReads: true,
		Attributes:      true,
		Ordered:         true,
		StatNoBucket:    true,
	}
}

func (nothing) Close() error { return nil }
