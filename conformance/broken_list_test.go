package conformance_test

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// collected is the fault that the entries of a listing are changed as a whole.
func collected(change func(req driver.ListRequest, all []files.Entry) []files.Entry) faulty {
	return faulty{list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			var all []files.Entry
			for e := range m.List(context.Background(), req) {
				all = append(all, e)
			}
			for _, e := range change(req, all) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}}
}

// asked is the fault that another listing is made than was requested.
func asked(change func(req *driver.ListRequest)) faulty {
	return faulty{list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		change(&req)
		return m.List(context.Background(), req)
	}}
}

// each is the fault that single entries are changed.
func each(change func(e *files.Entry)) faulty {
	return collected(func(_ driver.ListRequest, all []files.Entry) []files.Entry {
		for i := range all {
			change(&all[i])
		}
		return all
	})
}

var brokenLists = []broken{
	{
		fault:  "misorders names around the slash",
		caught: []string{"L1/order-around-slash", "L2/shallow-order"},
		faulty: collected(func(_ driver.ListRequest, all []files.Entry) []files.Entry {
			slices.SortFunc(all, func(a, b files.Entry) int {
				return slices.Compare(strings.Split(a.Name, "/"), strings.Split(b.Name, "/"))
			})
			return all
		}),
	},
	{fault: "orders by a language", caught: []string{"L1/order-beyond-ascii"},
		faulty: collected(func(_ driver.ListRequest, all []files.Entry) []files.Entry {
			slices.SortFunc(all, func(a, b files.Entry) int {
				return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
			})
			return all
		})},
	{fault: "drops the last entry of a page", caught: []string{"L3/page-sizes"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (kept []files.Entry) {
			for i, e := range all {
				if req.PageSize == 0 || (i+1)%req.PageSize != 0 || i+1 == len(all) {
					kept = append(kept, e)
				}
			}
			return kept
		})},
	{
		fault:  "takes the file whose name a prefix is for all of it, in pages of one",
		caught: []string{"L3/page-sizes-at-a-name"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			if req.PageSize == 1 && req.StartAfter == "" && len(all) > 0 &&
				all[0].Name == req.Prefix {
				return all[:1]
			}
			return all
		}),
	},
	{
		fault:  "drops the name at which a listing by several requests is divided",
		caught: []string{"L3/parallel"},
		wrap:   func(b files.Bucket) files.Bucket { return &divided{b} },
	},
	{
		fault:  "repeats an entry at a page's boundary",
		caught: []string{"L3/page-sizes", "L4/stable-once"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (twice []files.Entry) {
			for i, e := range all {
				if twice = append(twice, e); req.PageSize > 0 && i%req.PageSize == 0 {
					twice = append(twice, e)
				}
			}
			return twice
		}),
	},
	{
		fault:  "stops at 517 names if a page size is set",
		caught: []string{"L8/more-than-a-page"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			if req.PageSize == 0 {
				return all
			}
			return all[:min(len(all), 517)]
		}),
	},
	{fault: "stops at a thousand names", caught: []string{"L8/more-than-a-page"},
		faulty: collected(func(_ driver.ListRequest, all []files.Entry) []files.Entry {
			return all[:min(len(all), 1000)]
		})},
	{
		fault:  "matches a prefix that isn't a directory",
		caught: []string{"L1/below-dir", "D3/directory"},
		faulty: asked(func(req *driver.ListRequest) {
			req.Prefix = strings.TrimSuffix(req.Prefix, "/")
		}),
	},
	{fault: "takes a prefix for a pattern", caught: []string{"L1/literal"},
		faulty: faulty{
			list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
				dir, ok := strings.CutSuffix(req.Prefix, "/")
				if !ok || req.Shallow || req.StartAfter != "" {
					return m.List(context.Background(), req)
				}
				return func(yield func(files.Entry, error) bool) {
					for e := range m.List(context.Background(), driver.ListRequest{}) {
						first, _, below := strings.Cut(e.Name, "/")
						if match, _ := path.Match(dir,
							first); (below && match || strings.HasPrefix(e.Name,
							req.Prefix)) && !yield(e, nil) {
							return
						}
					}
				}
			},
		}},
	{
		fault:  "lists from start-after inclusive",
		caught: []string{"L3/start-after-each", "L3/by-pages"},
		faulty: faulty{
			list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
				after := req.StartAfter
				req.StartAfter = ""
				return func(yield func(files.Entry, error) bool) {
					for e := range m.List(context.Background(), req) {
						if e.Name >= after && !yield(e, nil) {
							return
						}
					}
				}
			},
		},
	},
	{
		fault:  "enters a directory that start-after has passed",
		caught: []string{"L3/start-after-shallow"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			if d := req.StartAfter; req.Shallow && strings.HasSuffix(d, "/") && d > req.Prefix {
				return append([]files.Entry{{Name: d, IsDir: true}}, all...)
			}
			return all
		}),
	},
	{fault: "yields the directories in a deep listing", caught: []string{"L2/shallow", "L1/order"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (more []files.Entry) {
			for _, e := range all {
				if i := strings.LastIndexByte(e.Name, '/'); i >= 0 && !req.Shallow {
					more = append(more, files.Entry{Name: e.Name[:i+1], IsDir: true})
				}
				more = append(more, e)
			}
			return more
		})},
	{fault: "yields a directory for each of its files", caught: []string{"L2/once"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (more []files.Entry) {
			for _, e := range all {
				if more = append(more, e); e.IsDir {
					more = append(more, e)
				}
			}
			return more
		})},
	{
		fault:  "does not mark directories",
		caught: []string{"L2/shallow", "L9/nested"},
		faulty: each(func(e *files.Entry) { e.IsDir = false }),
	},
	{
		fault:  "lists size 0",
		caught: []string{"L5/is-stat", "X1/model"},
		faulty: each(func(e *files.Entry) { e.Size = 0 }),
	},
	{
		fault:  "lists no versions",
		caught: []string{"L5/is-stat"},
		faulty: each(func(e *files.Entry) { e.Version = "" }),
	},
	{fault: "returns an error for a directory that doesn't exist", caught: []string{"L6/empty",
		"L6/vanishes"},
		faulty: faulty{
			list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
				return func(yield func(files.Entry, error) bool) {
					n := 0
					for e := range m.List(context.Background(), req) {
						if n++; !yield(e, nil) {
							return
						}
					}
					if n == 0 && req.Dir() != "" {
						yield(files.Entry{}, files.ErrNotExist)
					}
				}
			},
		}},
	{fault: "lists its temporaries", caught: []string{"P1/unfinished-new", "P1/unfinished-over"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				tmp := req.Name + ".1234.tmp"
				m.plant(tmp)
				defer func() {
					m.mu.Lock()
					delete(m.files, tmp)
					m.mu.Unlock()
				}()
				return m.Put(ctx, req)
			},
		}},
	{fault: "lists its sidecars", caught: []string{"L7/nothing-of-the-drivers"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil && req.Attributes.Metadata != nil {
					m.plant(req.Name + ".sidecar")
				}
				return info, err
			},
		}},
	{
		fault:  "holds its lock in the loop",
		caught: []string{"L9/body-may-call"},
		hangs:  true,
		faulty: faulty{
			list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
				return func(yield func(files.Entry, error) bool) {
					var all []files.Entry
					for e := range m.List(context.Background(), req) {
						all = append(all, e)
					}
					m.loop.Lock()
					defer m.loop.Unlock()
					for _, e := range all {
						if !yield(e, nil) {
							return
						}
					}
				}
			},
		},
	},
	{fault: "lists what was there when List was called", caught: []string{"L9/again"},
		wrap: func(b files.Bucket) files.Bucket { return &snapshot{Bucket: b} }},
	{fault: "goes on after the break", caught: []string{"L9/break"},
		wrap: func(b files.Bucket) files.Bucket { return &stubborn{Bucket: b} }},
}

// snapshot lists at the call of List, and only once.
type snapshot struct{ files.Bucket }

func (s *snapshot) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	var all []files.Entry
	for e, err := range s.Bucket.List(ctx, dir, opts) {
		if err != nil {
			return s.Bucket.List(ctx, dir, opts)
		}
		all = append(all, e)
	}
	return func(yield func(files.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// stubborn calls the loop's body after it has ended.
type stubborn struct{ files.Bucket }

func (s *stubborn) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range s.Bucket.List(ctx, dir, opts) {
			yield(e, err)
		}
	}
}

// divided drops the eighth entry if several requests at a time are allowed.
type divided struct{ files.Bucket }

func (d *divided) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	inner := d.Bucket.List(ctx, dir, opts)
	if opts == nil || opts.Parallel < 2 {
		return inner
	}
	return func(yield func(files.Entry, error) bool) {
		n := 0
		for e, err := range inner {
			if n++; n != 8 && !yield(e, err) {
				return
			}
		}
	}
}
