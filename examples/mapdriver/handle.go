package mapdriver

import (
	"context"
	"net/url"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Handle is one of several handles on a Backend, as several processes may use one
// service. It has the optional abilities of a Backend. Each is an interface of package
// driver, and copying is a feature too.
type Handle struct{ *Backend }

var (
	_ driver.Identifier  = Handle{}
	_ driver.Copier      = Handle{}
	_ driver.ManyDeleter = Handle{}
)

// Features claims ServerCopy; the other two abilities have no feature.
func (h Handle) Features() files.Features {
	f := h.Backend.Features()
	f.ServerCopy = true
	return f
}

// Store returns the same value for all handles on one store, so that a copy onto itself
// through another handle is recognized.
func (h Handle) Store() any { return h.Backend }

// Copy decides both conditions and commits in one step. If it can't read the source, it
// is ErrUnsupported, and files.Copy reads and writes instead.
func (h Handle) Copy(_ context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	if src, ok := from.(Handle); !ok || src.Backend != h.Backend {
		return files.Info{}, files.ErrUnsupported
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	src, ok := h.files[req.Src]
	switch {
	case !ok:
		return files.Info{}, files.ErrNotExist
	case req.IfSource != "" && req.IfSource != src.info.Version:
		return files.Info{}, files.ErrPrecondition
	}
	old, exists := h.files[req.Dst]
	if err := req.If.Check(exists, old.info.Version); err != nil {
		return files.Info{}, err
	}
	a := src.info.Attributes
	if req.Attributes != nil {
		a = *req.Attributes
	}
	// The copy has the digest of the source, and a new version and time.
	return h.commit(req.Dst, a, src.info.Digest, src.content), nil
}

// MaxDeleteMany returns the largest number of names in one request of the service.
func (h Handle) MaxDeleteMany() int { return 1000 }

// DeleteMany returns an error or nil for each name, in their order. A missing file is
// not an error.
func (h Handle) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	for i, name := range names {
		errs[i] = h.Delete(ctx, driver.Key{Name: name}, "")
	}
	return errs
}

// stores are the stores of URLs. They last as long as the process.
var stores sync.Map // of a name to its *Backend

func init() {
	driver.Register(files.Scheme{
		Name:    "mapdriver",
		Package: "cloudfiles.dev/examples/mapdriver",
		Example: "mapdriver://name",
		Open:    openURL,
	})
}

// openURL opens a handle on the store that the URL names. It makes no request (U3).
func openURL(_ context.Context, u *url.URL) (files.Bucket, error) {
	if u.Host == "" || u.Path != "" || u.Opaque != "" || u.User != nil {
		return nil, driver.Errorf(files.ErrInvalid, "write mapdriver://name")
	}
	m, _ := stores.LoadOrStore(u.Host, New())
	return driver.New(Handle{m.(*Backend)}), nil
}
