package filestest

import (
	"context"
	"net/url"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
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

// URL is a URL under which files.Open finds this fake until the test ends. Afterwards it
// is ErrNoBucket. Each Open returns a handle of its own; closing one leaves the fake and
// the other handles.
func (b *Bucket) URL() string { return scheme + "://" + b.host }

func openURL(_ context.Context, u *url.URL) (files.Bucket, error) {
	open.Lock()
	defer open.Unlock()
	if b, ok := open.fakes[u.Host]; ok && u.Path == "" {
		return b.handle(), nil
	}
	if test, ok := open.ended[u.Host]; ok {
		return nil, files.Errorf(files.ErrNoBucket, "the fake of %s is gone, because the test has "+
			"ended", test)
	}
	return nil, files.Errorf(files.ErrNoBucket, "no test has made this fake")
}
