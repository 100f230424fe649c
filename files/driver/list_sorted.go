package driver

import (
	"fmt"
	"iter"
	"strings"

	"cloudfiles.dev/files"
)

// PrefixEnd returns the smallest string that is greater than every string with the
// prefix, for seeking past a directory, or "" if there is none.
func PrefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// ListSorted lists for a backend that can walk its names in byte order: from yields the
// entries with names >= start, in ascending order. ListSorted begins at the place that
// the request names, skips whole directories, in a shallow listing or because of
// SkipDir, by calling from again with a name behind them, and stops after the prefix. So
// the cost depends only on what is yielded (L8).
//
// An entry with a Key and no Name is foreign (L7): it is ordered by its key, and is
// yielded only if the request has Foreign. A shallow listing yields only foreign
// entries that are directly in the directory.
//
// An entry that comes out of order, or with neither Name nor Key, ends the listing with
// an error, because later entries might otherwise be lost silently.
func ListSorted(req ListRequest,
	from func(start string) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		dir, start := req.Dir(), max(req.Prefix, req.StartAfter)
		if req.Shallow && len(req.StartAfter) > len(dir) && strings.HasSuffix(req.StartAfter, "/") {
			start = max(start, PrefixEnd(req.StartAfter))
		}
		for more := true; more; {
			start, more = scan(req, dir, start, from, yield)
		}
	}
}

// scan yields until a directory must be skipped, and then returns where to continue.
func scan(req ListRequest, dir, start string, from func(string) iter.Seq2[files.Entry, error],
	yield func(files.Entry, error) bool) (next string, more bool) {
	last, wanted := start, dir
	for e, err := range from(start) {
		if err != nil {
			yield(files.Entry{}, err)
			return "", false
		}
		key := e.Name
		if key == "" {
			key = e.Key
		}
		if key == "" || key < last {
			yield(files.Entry{}, fmt.Errorf("the driver lists %q after %q", key, last))
			return "", false
		}
		last = key
		if !strings.HasPrefix(key, req.Prefix) {
			return "", false
		}
		if key <= req.StartAfter {
			continue
		}
		if req.skip != nil && !req.Shallow {
			skip := ""
			if wanted, skip = skipped(key, wanted, dir, req.SkipDir); skip != "" {
				next = PrefixEnd(skip)
				return next, next != ""
			}
		}
		if e.Name == "" {
			deep := req.Shallow && strings.Contains(key[len(dir):], "/")
			if req.Foreign && !deep && !yield(e, nil) {
				return "", false
			}
			continue
		}
		if req.Shallow {
			if i := strings.IndexByte(e.Name[len(dir):], '/'); i >= 0 {
				d := e.Name[:len(dir)+i+1]
				if d > req.StartAfter && !yield(files.Entry{Name: d, IsDir: true}, nil) {
					return "", false
				}
				next = PrefixEnd(d)
				return next, next != ""
			}
		}
		if !yield(e, nil) {
			return "", false
		}
	}
	return "", false
}

// skipped returns the first directory of a key, below dir, that is to be skipped, or "".
// wanted is a directory that isn't, and neither are those that it is in; the new one is
// that of the key.
func skipped(key, wanted, dir string, skip func(string) bool) (now, found string) {
	own := key[:strings.LastIndexByte(key, '/')+1]
	for i := len(dir); i < len(own); i++ {
		if d := own[:i+1]; own[i] == '/' && !strings.HasPrefix(wanted, d) && skip(d) {
			return wanted, d
		}
	}
	return own, ""
}
