package main

import (
	"context"
	"fmt"
	"slices"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	// smallSize is the size of a small file.
	smallSize = 4 * kib
)

// works returns all works in the order of the report.
func works(s scale) (all []work) {
	for _, service := range []string{"s3", "gcs", "azure"} {
		for _, l := range []string{"20 ms", "80 ms", "loopback"} {
			if l == "80 ms" && service != "s3" {
				continue
			}
			for _, w := range large(service, l, s) {
				// fake-gcs-server finds no bucket behind a relay.
				w.memory = service == "gcs" && l != "loopback"
				all = append(all, w)
			}
		}
	}
	all = append(all, large("disk", "loopback", s)...)
	for _, service := range []string{"s3", "gcs", "azure", "disk"} {
		all = append(all, small(service, s)...)
	}
	all = append(all, trees(s)...)
	for _, service := range []string{"s3", "disk"} {
		all = append(all, listings(service, s)...)
	}
	return append(all, longListings(s)...)
}

// large returns the works on one large file, and on many files of 1 MiB.
func large(service, link string, s scale) (all []work) {
	for _, size := range slices.Compact([]int64{1 * mib, 8 * mib, 64 * mib, s.Large}) {
		if size > s.Large {
			continue
		}
		name := sizeName(size)
		again := max(1, int(16*mib/size)) // short transfers are repeated
		file := fmt.Sprintf("large/%d", size)
		put := func(ctx context.Context, c client, _ scale) error {
			return c.put(ctx, file, &pattern{size: size}, size)
		}
		all = append(all, work{
			group:   "download",
			name:    name,
			service: service,
			link:    link,
			bytes:   true,
			prepare: put,
			run: read(size, again, func(ctx context.Context, c client, to *counted) error {
				return c.getAt(ctx, file, to, size)
			}),
		}, work{
			group:   "stream",
			name:    name,
			service: service,
			link:    link,
			bytes:   true,
			prepare: put,
			run: read(size, again, func(ctx context.Context, c client, to *counted) error {
				return c.get(ctx, file, to)
			}),
		}, work{
			group:   "upload",
			name:    name,
			service: service,
			link:    link,
			bytes:   true,
			run: func(ctx context.Context, c client, _ scale, m *meter) (float64, error) {
				m.begin()
				for range again {
					if err := c.put(ctx, "up/"+file, &pattern{size: size}, size); err != nil {
						return 0, err
					}
				}
				return float64(int64(again) * size), nil
			},
		})
	}
	return append(all, many(service, link)...)
}

// read returns the run function of a work that calls get, which reads size bytes, again
// times.
func read(size int64, again int, get func(context.Context, client, *counted) error) func(
	context.Context, client, scale, *meter) (float64, error) {
	return func(ctx context.Context, c client, _ scale, m *meter) (float64, error) {
		m.begin()
		for range again {
			var got counted
			if err := get(ctx, c, &got); err != nil {
				return 0, err
			}
			if err := got.want(size); err != nil {
				return 0, err
			}
		}
		return float64(int64(again) * size), nil
	}
}

// many returns the works on many files of 1 MiB, 16 at a time.
func many(service, link string) []work {
	file := func(i int) string { return fmt.Sprintf("many/%04d", i) }
	put := func(ctx context.Context, c client, s scale) error {
		return together(s.Many, 16, func(i int) error {
			return c.put(ctx, file(i), &pattern{size: mib}, mib)
		})
	}
	return []work{{
		group:   "many files of 1 MiB, 16 at a time",
		name:    "download",
		service: service,
		link:    link,
		bytes:   true,
		prepare: put,
		run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
			m.begin()
			var got counted
			err := together(s.Many, 16, func(i int) error { return c.get(ctx, file(i), &got) })
			if err == nil {
				err = got.want(int64(s.Many) * mib)
			}
			return float64(s.Many) * mib, err
		},
	}, {
		group:   "many files of 1 MiB, 16 at a time",
		name:    "upload",
		service: service,
		link:    link,
		bytes:   true,
		run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
			m.begin()
			return float64(s.Many) * mib, put(ctx, c, s)
		},
	}}
}

// small returns the works of single calls on files of 4 KiB.
func small(service string, s scale) (all []work) {
	for _, at := range []int{1, 16, 64} {
		all = append(all, smallAt(service, at)...)
	}
	return all
}

func smallAt(service string, at int) (all []work) {
	file := func(i int) string { return fmt.Sprintf("small/%d/%06d", at, i) }
	put := func(ctx context.Context, c client, s scale) error {
		return together(s.Calls, max(at, 16), func(i int) error {
			return c.put(ctx, file(i), &pattern{size: smallSize}, smallSize)
		})
	}
	calls := []struct {
		name   string
		before func(ctx context.Context, c client, s scale) error // each round, not measured
		call   func(ctx context.Context, c client, i int) error
	}{
		{
			name: "put",
			call: func(ctx context.Context, c client, i int) error {
				return c.put(ctx, file(i), &pattern{size: smallSize}, smallSize)
			},
		},
		{
			name: "get",
			call: func(ctx context.Context, c client, i int) error {
				var got counted
				if err := c.get(ctx, file(i), &got); err != nil {
					return err
				}
				return got.want(smallSize)
			},
		},
		{
			name: "stat",
			call: func(ctx context.Context, c client, i int) error { return c.stat(ctx, file(i)) },
		},
		{
			name:   "delete",
			before: put,
			call:   func(ctx context.Context, c client, i int) error { return c.del(ctx, file(i)) },
		},
	}
	for _, call := range calls {
		all = append(all, work{
			group:   call.name + " of 4 KiB",
			name:    fmt.Sprintf("%d at a time", at),
			service: service,
			link:    "loopback",
			prepare: put,
			run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
				if call.before != nil {
					if err := call.before(ctx, c, s); err != nil {
						return 0, err
					}
				}
				m.begin()
				err := together(s.Calls, at, func(i int) error { return call.call(ctx, c, i) })
				return float64(s.Calls), err
			},
		})
	}
	return all
}

// mostOnFolders is the longest listing on a server that keeps files in folders.
const mostOnFolders = 10_000

// listings returns the works that count all files of a directory.
func listings(service string, s scale) (all []work) {
	for _, n := range s.Names {
		if service == "s3" && n > mostOnFolders {
			continue
		}
		w := listing(service, "loopback", n, 0)
		w.prepare = func(ctx context.Context, c client, _ scale) error {
			return together(n, 32, func(i int) error {
				return c.put(ctx, fileOf(n, i), &pattern{}, 0)
			})
		}
		all = append(all, w)
	}
	return all
}

// longListings returns the works that list by one request at a time, and by eight, on a
// server in memory. The longest listing over a link would take minutes.
func longListings(s scale) (all []work) {
	for _, l := range []string{"loopback", "20 ms"} {
		for _, parallel := range []int{0, 8} {
			for _, n := range s.Names {
				if l != "loopback" && n > 100_000 {
					continue
				}
				w := listing("s3", l, n, parallel)
				w.memory = true
				w.group = "list, in memory"
				if parallel > 0 {
					w.group = fmt.Sprintf("list, in memory, up to %d at a time", parallel)
				}
				all = append(all, w)
			}
		}
	}
	return all
}

func listing(service, link string, n, parallel int) work {
	return work{
		group:   "list",
		name:    fmt.Sprintf("%d names", n),
		service: service,
		link:    link,
		run: func(ctx context.Context, c client, _ scale, m *meter) (float64, error) {
			m.begin()
			got, err := c.list(ctx, namesDir(n), parallel)
			if err == nil && got != n {
				err = fmt.Errorf("%d names listed, want %d", got, n)
			}
			return float64(n), err
		},
	}
}

// sizeName returns a size in text, such as "64 MiB".
func sizeName(n int64) string {
	switch {
	case n >= gib && n%gib == 0:
		return fmt.Sprintf("%d GiB", n/gib)
	case n >= mib:
		return fmt.Sprintf("%d MiB", n/mib)
	}
	return fmt.Sprintf("%d KiB", n/kib)
}
