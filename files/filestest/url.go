package filestest

import (
	"context"
	"net/url"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/guard"
)

const scheme = "filestest"

func init() {
	driver.Register(files.Scheme{
		Name:    scheme,
		Package: "cloudfiles.dev/files/filestest",
		Example: "filestest://fake-1",
		Open:    openURL,
	})
}

// URL returns a URL by which files.Open opens this fake until the test ends, and fails
// with ErrNoBucket afterwards. Each Open returns a new handle; closing it closes
// neither the fake nor other handles.
func (b *Bucket) URL() string { return scheme + "://" + b.host }

// OnlyFakes makes the test fail if files.Open is called with a URL that isn't a fake's,
// so that a wrong setting can't reach a real bucket. It lasts until the test ends. It
// affects the whole process, so it panics in a parallel test, as testing.T.Setenv does.
// It has no effect on buckets that are made without a URL, such as by a driver's New.
func OnlyFakes(t testing.TB) {
	t.Helper()
	t.Setenv("CLOUDFILES_TEST_ONLY_FAKES", "1") // which refuses parallel tests
	var mu sync.Mutex
	over := false
	allowed := func(name string) error {
		mu.Lock()
		defer mu.Unlock()
		if name == scheme || over { // nothing is left to fail
			return nil
		}
		t.Errorf("filestest: a URL of the scheme %s was opened at %s; only those of fakes may be",
			name, callerLine())
		return driver.Errorf(files.ErrPermission, "the test %s may open only fakes", t.Name())
	}
	before := guard.Open.Swap(&allowed)
	t.Cleanup(func() {
		guard.Open.Store(before)
		mu.Lock()
		defer mu.Unlock()
		over = true
	})
}

func openURL(_ context.Context, u *url.URL) (files.Bucket, error) {
	open.Lock()
	defer open.Unlock()
	if b, ok := open.fakes[u.Host]; ok && u.Path == "" {
		return b.handle(), nil
	}
	if test, ok := open.ended[u.Host]; ok {
		return nil, driver.Errorf(files.ErrNoBucket,
			"the fake of %s is gone, because the test has ended", test)
	}
	return nil, driver.Errorf(files.ErrNoBucket, "no test has made this fake")
}
