package hostile

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"cloudfiles.dev/files"
)

// span parses the header Content-Range, such as "bytes 10-19/100".
func span(a *Answer) (first, last, size int64, ok bool) {
	n, err := fmt.Sscanf(a.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
	return first, last, size, err == nil && n == 3
}

// ranges returns a way that changes the response to a read of a part; reads of the whole
// file get true responses.
func ranges(name, why string, change func(x *Exchange, a *Answer, first, last, size int64)) Way {
	return Way{
		Name:  name,
		Why:   why,
		Kinds: readKinds,
		Do: func(x *Exchange) {
			a := x.Truth()
			if first, last, size, ok := span(a); ok {
				change(x, a, first, last, size)
			}
			x.Send(a)
		},
		Requests: 3,
	}
}

func setContentRange(a *Answer, first, last, size int64) {
	a.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
}

// rangeWays send another part than was requested.
func rangeWays() []Way {
	text := func(s string) func(*Exchange, *Answer, int64, int64, int64) {
		return func(_ *Exchange, a *Answer, _, _, _ int64) {
			if a.Header.Del("Content-Range"); s != "" {
				a.Header.Set("Content-Range", s)
			}
		}
	}
	whole := func(x *Exchange) *Answer {
		r := *x.Request
		r.Header = r.Header.Clone()
		r.Header.Del("Range")
		r.Header.Del("X-Ms-Range")
		y := *x
		y.Request = &r
		return y.Truth()
	}
	sized := ranges("a part of a larger file",
		"the file's end is then another; other parts don't show the size of the whole",
		func(x *Exchange, a *Answer, first, last, size int64) {
			setContentRange(a, first, last, size+1)
		})
	sized.Blind = []string{"get of a range"}
	return []Way{
		ranges("a part from elsewhere", "Content-Range says so",
			func(x *Exchange, a *Answer, first, last, size int64) {
				w := whole(x)
				n := last - first + 1
				at := (first + 7) % max(size-n, 1)
				a.Body = w.Body[at : at+n]
				setContentRange(a, at, at+n-1, size)
			}),
		sized,
		ranges("a part that is too short", "Content-Range says what comes",
			func(x *Exchange, a *Answer, first, last, size int64) {
				n := (last - first + 1) / 2
				a.Body = a.Body[:n]
				setContentRange(a, first, first+n-1, size)
			}),
		ranges("a part that is too long", "it begins before the requested part",
			func(x *Exchange, a *Answer, first, last, size int64) {
				w := whole(x)
				at := max(first-9, 0)
				a.Body = w.Body[at : last+1]
				setContentRange(a, at, last, size)
			}),
		ranges("no range in the answer", "a 206 without Content-Range", text("")),
		ranges("a range that is garbage", "not a range", text("bytes garbage")),
		ranges("a range of another unit", "items, not bytes", text("items 1-2/3")),
		ranges("a range that ends before it begins", "impossible", text("bytes 9-3/10")),
		ranges("a range behind the end", "impossible", text("bytes 90-99/10")),
		ranges("a negative range", "impossible", text("bytes -5-4/10")),
		ranges("a range above all numbers", "impossible",
			text("bytes 0-99999999999999999999/99999999999999999999")),
		ranges("a range without a size", "RFC 9110 allows it, but a client needs the size",
			func(x *Exchange, a *Answer, first, last, size int64) {
				a.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", first, last))
			}),
		ranges("the whole in place of a part", "a server that doesn't support ranges",
			func(x *Exchange, a *Answer, first, last, size int64) { *a = *whole(x) }),
		ranges("the whole as a part", "206, with the requested range and all bytes",
			func(x *Exchange, a *Answer, first, last, size int64) {
				a.Body = whole(x).Body
				a.Header.Set("Content-Length", strconv.Itoa(len(a.Body)))
			}),
		ranges("several parts", "multipart/byteranges, which wasn't requested",
			func(x *Exchange, a *Answer, first, last, size int64) {
				a.Header.Del("Content-Range")
				a.Header.Set("Content-Type", "multipart/byteranges; boundary=B")
				a.Body = fmt.Appendf(nil,
					"--B\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%s\r\n--B--\r\n",
					first, last, size, a.Body)
			}),
		{
			Name:  "a part in place of the whole",
			Why:   "a cache that has only the beginning",
			Kinds: readKinds,
			Whole: true,
			Do: func(x *Exchange) {
				a := x.Truth()
				if n := int64(len(a.Body)); n > 1 && a.status() == 200 {
					a.Status = http.StatusPartialContent
					a.Body = a.Body[:n/2]
					setContentRange(a, 0, n/2-1, n)
				}
				x.Send(a)
			},
			Requests: 12,
		},
		{
			Name:  "the rest from the beginning",
			Why:   "a server that ignores Range when a body is resumed",
			Kinds: readKinds,
			Do: func(x *Exchange) {
				a := whole(x)
				cut(x, a, len(a.Body)/2)
			},
			Requests: 12,
		},
	}
}

// versionWays send another version than was requested, or none.
func versionWays() []Way {
	set := func(change func(name, value string) string) func(*Exchange) {
		return func(x *Exchange) {
			a := x.Truth()
			for _, k := range x.Service.Versions {
				if v := a.Header.Get(k); v != "" {
					a.Header[http.CanonicalHeaderKey(k)] = []string{change(k, v)}
				}
			}
			x.Send(a)
		}
	}
	return []Way{
		{
			Name:   "another version",
			Why:    "a server that ignores the condition; the response's version differs",
			Says:   []error{files.ErrPrecondition},
			Kinds:  []Kind{Read, Head},
			Pinned: true,
			Do: func(x *Exchange) {
				a, ok := x.Twin()
				if !ok {
					a = x.Truth()
				}
				x.Send(a)
			},
			Requests: 12,
		},
		{
			Name:   "half of one version, half of another",
			Why:    "the body is resumed after the file was replaced",
			Kinds:  readKinds,
			Always: true,
			Do: func(x *Exchange) {
				a := x.Truth()
				if x.N == 1 {
					cut(x, a, len(a.Body)/2)
					return
				}
				if b, ok := x.Twin(); ok {
					a = b
				}
				x.Send(a)
			},
			Requests: 12,
		},
		{
			Name:  "no version",
			Why:   "a proxy that removes unknown headers",
			Kinds: []Kind{Read, Head, Write, Copy},
			Do: func(x *Exchange) {
				a := x.Truth()
				for _, k := range x.Service.Versions {
					a.Header.Del(k)
				}
				x.Send(a)
			},
		},
		{
			Name:  "a weak version",
			Why:   "a proxy that compresses makes ETags weak",
			Kinds: []Kind{Read, Head, Write},
			Do: set(func(name, v string) string {
				if name == "Etag" || name == "ETag" {
					return "W/" + v
				}
				return v
			}),
			NoVersion: true,
			Requests:  3,
		},
		{
			Name:  "an empty version",
			Why:   "a header without a value",
			Kinds: []Kind{Read, Head, Write},
			Do:    set(func(string, string) string { return "" }),
		},
		{
			Name:      "a version that is garbage",
			Why:       "neither an entity-tag nor a number",
			Kinds:     []Kind{Read, Head, Write},
			Do:        set(func(string, string) string { return "\"a\tb\x01\"\"" }),
			NoVersion: true,
		},
		{
			Name:   "the version that was asked for, and another's content",
			Why:    "the digest differs, if there is one",
			Kinds:  readKinds,
			Whole:  true,
			Pinned: true,
			Do: func(x *Exchange) {
				a := x.Truth()
				if b, ok := x.Twin(); ok {
					a.Body = bytes.Clone(b.Body)
				}
				x.Send(a)
			},
		},
	}
}
