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

// startsAfter is the fault that a listing starts after another string.
func startsAfter(change func(after string) string) faulty {
	return asked(func(req *driver.ListRequest) {
		if req.StartAfter != "" {
			req.StartAfter = change(req.StartAfter)
		}
	})
}

// amongRawKeys is a fault of listings in a store with raw keys of others.
func amongRawKeys(fault string, f faulty, caught ...string) broken {
	return broken{
		fault:   fault,
		caught:  caught,
		faulty:  f,
		rawKeys: true,
	}
}

// withKeys is the fault of a listing whose pages are pages of keys. page gets the keys
// of each, and returns what is listed of them and whether the listing continues.
func withKeys(size int, page func(keys []files.Entry, last bool) ([]files.Entry, bool)) faulty {
	return faulty{list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			asked := req
			asked.Foreign = true
			all := slices.Collect(firsts(m.List(context.Background(), asked)))
			n := size
			if n == 0 {
				n = max(req.PageSize, 1)
			}
			for more := true; more && len(all) > 0; {
				keys := all[:min(n, len(all))]
				all = all[len(keys):]
				keys, more = page(keys, len(all) == 0)
				for _, e := range keys {
					if (e.Key == "" || req.Foreign) && !yield(e, nil) {
						return
					}
				}
			}
		}
	}}
}

func firsts(all iter.Seq2[files.Entry, error]) iter.Seq[files.Entry] {
	return func(yield func(files.Entry) bool) {
		for e := range all {
			if !yield(e) {
				return
			}
		}
	}
}

var brokenBreadths = []broken{
	{
		fault:  "stops at 200 directories",
		caught: []string{"L2/wide"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (kept []files.Entry) {
			dirs := 0
			for _, e := range all {
				if e.IsDir {
					dirs++
				}
				if !e.IsDir || dirs <= 200 {
					kept = append(kept, e)
				}
			}
			return kept
		}),
	},
	{
		fault:  "stops at a thousand directories",
		caught: []string{"L2/thousand-directories"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			dirs := 0
			return slices.DeleteFunc(all, func(e files.Entry) bool {
				if e.IsDir {
					dirs++
				}
				return e.IsDir && dirs > 1000
			})
		}),
	},
	{
		fault:  "counts the files in directories as entries of a shallow listing",
		caught: []string{"L2/wide"},
		faulty: faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				left := req.Limit
				for e := range m.List(context.Background(), req) {
					if e.IsDir && req.Limit > 100 {
						for range m.List(context.Background(),
							driver.ListRequest{Prefix: e.Name}) {
							left--
						}
						left++
					}
					if req.Limit > 100 && left < 0 || !yield(e, nil) {
						return
					}
					left--
				}
			}
		}},
	},
	{
		fault:  "repeats a directory that continues after a page of 100",
		caught: []string{"L2/wide"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) (twice []files.Entry) {
			for i, e := range all {
				if twice = append(twice, e); e.IsDir && i%100 == 99 {
					twice = append(twice, e)
				}
			}
			return twice
		}),
	},
	{
		fault:  "misorders directories and files from the second page of 100 on",
		caught: []string{"L2/wide"},
		faulty: collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			if !req.Shallow || len(all) < 200 {
				return all
			}
			slices.SortStableFunc(all[100:200], func(a, b files.Entry) int {
				switch {
				case a.IsDir == b.IsDir:
					return 0
				case a.IsDir:
					return -1
				}
				return 1
			})
			return all
		}),
	},
	{
		fault:  "lists the first page of 100 shallow, and the rest deep",
		caught: []string{"L2/wide"},
		faulty: faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				n := 0
				for e := range m.List(context.Background(), req) {
					if n++; n > 100 && e.IsDir {
						for e := range m.List(context.Background(),
							driver.ListRequest{Prefix: e.Name}) {
							if !yield(e, nil) {
								return
							}
						}
					} else if !yield(e, nil) {
						return
					}
				}
			}
		}},
	},
	amongRawKeys("takes a page of raw keys only for the end",
		withKeys(100, func(keys []files.Entry, _ bool) ([]files.Entry, bool) {
			return keys, slices.ContainsFunc(keys, func(e files.Entry) bool { return e.Key == "" })
		}), "L7/many"),
	amongRawKeys("takes a page of a thousand raw keys for the end",
		withKeys(1000, func(keys []files.Entry, _ bool) ([]files.Entry, bool) {
			return keys, slices.ContainsFunc(keys, func(e files.Entry) bool { return e.Key == "" })
		}), "L7/thousands"),
	amongRawKeys("drops the name after a page that ends with a raw key",
		withKeys(0, func(keys []files.Entry, last bool) ([]files.Entry, bool) {
			if len(keys) == 3 && keys[2].Key != "" && keys[0].Key == "" {
				return keys[1:], true
			}
			return keys, true
		}), "L7/pages"),
	amongRawKeys("drops raw keys at the end of a page",
		withKeys(0, func(keys []files.Entry, last bool) ([]files.Entry, bool) {
			if n := len(keys); n == 2 && keys[1].Key != "" {
				return keys[:1], true
			}
			return keys, true
		}), "L7/pages"),
	amongRawKeys("counts ignored raw keys towards the limit",
		faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				asked, n := req, 0
				asked.Foreign = true
				for e := range m.List(context.Background(), asked) {
					if n++; req.Limit > 0 && n > req.Limit {
						return
					}
					if (e.Key == "" || req.Foreign) && !yield(e, nil) {
						return
					}
				}
			}
		}}, "L7/pages"),
	amongRawKeys("finds no raw keys below a directory",
		collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			return slices.DeleteFunc(all, func(e files.Entry) bool {
				return e.Key != "" && req.Prefix != ""
			})
		}), "L7/below"),
	amongRawKeys("lists raw keys of the whole store in each directory",
		faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e := range m.List(context.Background(), req) {
					if !yield(e, nil) {
						return
					}
				}
				if !req.Foreign || req.Prefix == "" || req.Shallow {
					return
				}
				for e := range m.List(context.Background(), driver.ListRequest{Foreign: true}) {
					if e.Key > req.Prefix && !strings.HasPrefix(e.Key,
						req.Prefix) && !yield(e, nil) {
						return
					}
				}
			}
		}}, "L7/below"),
	amongRawKeys("lists raw keys from start-after inclusive",
		faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				after := req.StartAfter
				if req.Foreign && files.CheckName(after) != nil && after != "" {
					req.StartAfter = after[:len(after)-1]
				}
				for e := range m.List(context.Background(), req) {
					if e.Name+e.Key >= after && (e.Key != "" || e.Name > after) && !yield(e, nil) {
						return
					}
				}
			}
		}}, "L7/below"),
	amongRawKeys("lists all raw keys, wherever the listing begins",
		faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				all := req
				all.StartAfter = ""
				for e := range m.List(context.Background(), all) {
					if (e.Key != "" || e.Name > req.StartAfter) && !yield(e, nil) {
						return
					}
				}
			}
		}}, "L7/below"),
	amongRawKeys("lists raw keys after all names",
		collected(func(req driver.ListRequest, all []files.Entry) []files.Entry {
			slices.SortStableFunc(all, func(a, b files.Entry) int {
				return min(len(a.Key), 1) - min(len(b.Key), 1)
			})
			return all
		}), "L7/below"),
	amongRawKeys("lists raw keys as names, if they begin below a directory",
		each(func(e *files.Entry) {
			if e.Key != "" && strings.Count(e.Key, "/") > 3 {
				e.Name, e.Key = strings.ReplaceAll(path.Clean(e.Key), "\t", "_"), ""
			}
		}), "L7/below"),
	{
		fault:  "replaces invalid UTF-8 in start-after",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }),
	},
	{
		fault:  "drops invalid UTF-8 from start-after",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string { return strings.ToValidUTF8(s, "") }),
	},
	{
		fault:  "cleans start-after as a path",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string {
			if strings.HasSuffix(s, "/") || s == ".." {
				return s
			}
			return path.Clean(s)
		}),
	},
	{
		fault:  "drops control characters from start-after",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string {
			return strings.Map(func(r rune) rune {
				if r < ' ' && r > 0 || r == 0x7f {
					return -1
				}
				return r
			}, s)
		}),
	},
	{
		fault:  "lists from the beginning if start-after is no name",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string {
			if len(s) > files.MaxName {
				return ""
			}
			return s
		}),
	},
	{
		fault:  "lists nothing if start-after is too long for a name",
		caught: []string{"L3/start-after-odd"},
		faulty: startsAfter(func(s string) string {
			if len(s) > files.MaxName {
				return "\xff\xff"
			}
			return s
		}),
	},
}
