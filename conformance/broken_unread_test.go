package conformance_test

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// partly is a map with a directory that can't be read.
type partly struct {
	*mapBackend
	dir  string
	list func(req driver.ListRequest, m *mapBackend, dir string) iter.Seq2[files.Entry, error]
}

func (h *partly) List(_ context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	if h.list != nil {
		return h.list(req, h.mapBackend, h.dir)
	}
	return listHiding(req, h.mapBackend, h.dir)
}

func unreadable(dir string) error {
	refused := driver.Errorf(files.ErrPermission, "the folder cannot be read")
	return driver.NewError(files.OpList, dir, refused)
}

// listHiding lists what can be read, and then reports what can't.
func listHiding(req driver.ListRequest, m *mapBackend, dir string) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		all, limit, n := req, req.Limit, 0
		all.Limit = 0
		met := false
		for e := range m.List(context.Background(), all) {
			if strings.HasPrefix(e.Name, dir+"/") {
				met = true
				continue
			}
			if n++; n == limit && met {
				yield(e, unreadable(dir))
				return
			}
			if !yield(e, nil) || n == limit {
				return
			}
		}
		if met {
			yield(files.Entry{}, unreadable(dir))
		}
	}
}

var brokenUnread = []broken{
	{
		fault:  "ends a listing at what can't be read",
		caught: []string{"L9/unreadable"},
		unread: func(
			req driver.ListRequest, m *mapBackend, dir string,
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e := range m.List(context.Background(), req) {
					if strings.HasPrefix(e.Name, dir+"/") {
						yield(files.Entry{}, unreadable(dir))
						return
					}
					if !yield(e, nil) {
						return
					}
				}
			}
		},
	},
	{
		fault:  "omits what can't be read without an error",
		caught: []string{"L9/unreadable"},
		unread: unreadAs(func(e files.Entry, err error) (files.Entry, error, bool) {
			return e, nil, err == nil || e.Name != ""
		}),
	},
	{
		fault:  "reports that something can't be read, but not what",
		caught: []string{"L9/unreadable"},
		unread: unreadAs(func(e files.Entry, err error) (files.Entry, error, bool) {
			if err != nil {
				err = files.ErrPermission
			}
			return e, err, true
		}),
	},
	{
		fault:  "loses the error of what can't be read if Limit ends the listing",
		caught: []string{"L9/unreadable"},
		unread: unreadAs(func(e files.Entry, err error) (files.Entry, error, bool) {
			if e.Name != "" {
				err = nil
			}
			return e, err, true
		}),
	},
}

// unreadAs changes the entries and errors of listHiding, or omits them.
func unreadAs(change func(files.Entry, error) (files.Entry, error, bool)) func(
	driver.ListRequest, *mapBackend, string,
) iter.Seq2[files.Entry, error] {
	return func(req driver.ListRequest, m *mapBackend, dir string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for e, err := range listHiding(req, m, dir) {
				if e, err, ok := change(e, err); ok && !yield(e, err) {
					return
				}
			}
		}
	}
}
