package mount

import (
	"context"
	"errors"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// WithUploads calls fn with each bucket that has names with the prefix in the directory.
// Buckets without uploads in parts are left out, unless no bucket has them. The first
// other error is returned after all buckets.
func (r *router) WithUploads(ctx context.Context, dir, prefix string,
	fn func(ctx context.Context, b files.Bucket, dir, prefix string) error,
) (out func(inner string) (name string, ok bool), err error) {
	none, found := error(nil), false
	for _, m := range r.members {
		at, rest, ok := m.within(dir, prefix)
		if !ok {
			continue
		}
		own := files.Wrap(m.b, files.Hooks{
			Entry: func(_ *files.Call, e files.Entry) bool { return r.owner(e.Name) == m },
		})
		switch ferr := fn(ctx, own, at, rest); {
		case errors.Is(ferr, errors.ErrUnsupported), files.KindOf(ferr) == files.ErrPermission &&
			m.b.Features().ReadOnly:
			none = ferr
			continue
		case ferr != nil && err == nil:
			err = m.failed(ferr)
		}
		found = true
	}
	if !found && err == nil {
		err = none
	}
	same := func(inner string) (string, bool) { return inner, true }
	return same, err
}

// RoutePost returns the bucket that has the name. A form for a directory is refused if
// another bucket is mounted in it, because the form could store files there that nobody
// sees.
func (r *router) RoutePost(name string, o driver.PostOptions) (files.Bucket, error) {
	m := r.owner(name)
	dir := name[:strings.LastIndexByte(name, '/')+1]
	for _, other := range r.members {
		if o.Below && other != m && strings.HasPrefix(other.prefix, dir) {
			return nil, driver.Errorf(files.ErrUnsupported,
				"another bucket is mounted at %s, inside of the form's directory", other.place())
		}
	}
	return m.b, nil
}

// within returns the member's part of the names that begin with the prefix in the
// directory.
func (m *member) within(dir, prefix string) (at, rest string, ok bool) {
	if dir = strings.TrimSuffix(dir, "/"); dir != "" {
		dir += "/"
	}
	switch all := dir + prefix; {
	case strings.HasPrefix(dir, m.prefix):
		return strings.TrimSuffix(dir, "/"), prefix, true
	case strings.HasPrefix(m.prefix, all): // the mounted directory is inside
		return strings.TrimSuffix(m.prefix, "/"), "", true
	case strings.HasPrefix(all, m.prefix):
		return strings.TrimSuffix(m.prefix, "/"), all[len(m.prefix):], true
	}
	return "", "", false
}
