package driver

import (
	"iter"
	"strings"

	"cloudfiles.dev/files"
)

// After is the smallest string that is greater than every string with the prefix, for
// seeking behind a directory. It is "" where there is none.
func After(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// Scan answers a listing for a backend that can walk its names in byte order: from
// yields the entries with names >= start, in ascending order. Scan begins where the
// request does, skips whole directories of a shallow listing by seeking behind them,
// and stops behind the prefix, so the cost is that of what is yielded (L8).
func Scan(req ListRequest,
	from func(start string) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		dir, start := req.Dir(), max(req.Prefix, req.StartAfter)
		if req.Shallow && len(req.StartAfter) > len(dir) && strings.HasSuffix(req.StartAfter, "/") {
			start = max(start, After(req.StartAfter))
		}
		for more := true; more; {
			start, more = scan(req, dir, start, from, yield)
		}
	}
}

// scan yields until a directory must be skipped: then it returns where to go on.
func scan(req ListRequest, dir, start string, from func(string) iter.Seq2[files.Entry, error],
	yield func(files.Entry, error) bool) (next string, more bool) {
	for e, err := range from(start) {
		if err != nil {
			yield(files.Entry{}, err)
			return "", false
		}
		if !strings.HasPrefix(e.Name, req.Prefix) {
			return "", false
		}
		if e.Name <= req.StartAfter {
			continue
		}
		if req.Shallow {
			if i := strings.IndexByte(e.Name[len(dir):], '/'); i >= 0 {
				d := e.Name[:len(dir)+i+1]
				if d > req.StartAfter && !yield(files.Entry{Name: d, IsDir: true}, nil) {
					return "", false
				}
				next = After(d)
				return next, next != ""
			}
		}
		if !yield(e, nil) {
			return "", false
		}
	}
	return "", false
}
