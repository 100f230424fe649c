package conformance_test

import (
	"context"
	"iter"
	"slices"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenCosts = []broken{
	{
		fault:  "lists from the beginning for each page",
		caught: []string{"L8/last-page"},
		faulty: faulty{list: func(
			req driver.ListRequest, m *mapBackend,
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				all, limit, n := req, req.Limit, 0
				all.StartAfter, all.Limit = "", 0
				for e, err := range m.List(context.Background(), all) {
					request()
					if err == nil && e.Name <= req.StartAfter {
						continue
					}
					if n++; !yield(e, err) || n == limit {
						return
					}
				}
			}
		}},
	},
	{
		fault:  "reads the whole directory for each page",
		caught: []string{"L8/large-folder"},
		faulty: faulty{list: func(
			req driver.ListRequest, m *mapBackend,
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				all := req
				all.StartAfter, all.Limit = "", 0
				for range m.List(context.Background(), all) {
					request()
				}
				for e, err := range m.List(context.Background(), req) {
					if !yield(e, err) {
						return
					}
				}
			}
		}},
	},
}

// request does some work, like a request or a look at a file.
func request() {
	work := make([]int, 200)
	for i := range work {
		work[i] = i * 7919 % 211
	}
	slices.Sort(work)
}
