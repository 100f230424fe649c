package gocloud

import (
	"errors"
	"io"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// fileblob walks its whole tree for every page, sorts wrongly around "/", and loses and
// repeats keys from one page to the next. Its folders are therefore listed one by one,
// each as a single page, which is sorted here: the order is right, the memory is that
// of one folder, and the cost is linear (L1, L8).

// emitDir yields what is below the prefix, and reports whether to continue. If the
// whole tree below it fits a page, one deep listing is enough.
func (l *listing) emitDir(prefix string) bool {
	objs, whole, err := l.onePage(prefix, !l.req.Shallow)
	if err == nil && !whole {
		objs, _, err = l.onePage(prefix, false)
	}
	if err != nil {
		l.yield(files.Entry{}, err)
		return false
	}
	for _, obj := range objs {
		switch {
		case !obj.IsDir || l.req.Shallow:
			if !l.emit(obj) {
				return false
			}
		case l.skips(obj.Key):
		case !l.emitDir(obj.Key):
			return false
		}
	}
	return true
}

// skips reports whether everything in the directory comes before the requested names.
func (l *listing) skips(dir string) bool {
	return l.req.StartAfter > dir && !strings.HasPrefix(l.req.StartAfter, dir)
}

// maxVanished is how many times a folder is listed again because files vanish from it.
const maxVanished = 1000

// onePage returns the files and directories below the prefix, in order. If a page isn't
// complete, a larger one is requested; for a deep listing that is only a try, whole is
// false instead.
func (l *listing) onePage(prefix string,
	try bool) (objs []*blob.ListObject, whole bool, err error) {
	// fileblob escapes the slash of "x../y" and that of "dir/" into a file's name, so
	// there is no folder to list; and it searches for a folder that has an escaped name
	// under the unescaped one. A deep listing from above finds what is there.
	top, deep := prefix, l.req.Foreign
	if deep {
		top = strings.TrimSuffix(top, "/")
	}
	for i := strings.LastIndex(top, "/"); i >= 0; i = strings.LastIndex(top, "/") {
		if below := top[:i] + "/x"; fileblobEscape(below) == below {
			break
		}
		top, deep = top[:i], true
	}
	vanished := 0
	for size := pageSize; ; {
		objs, next, err := l.b.bucket.ListPage(l.ctx, blob.FirstPageToken, size,
			l.options(top, !deep && !try))
		if err != nil && err != io.EOF {
			err = l.b.mapError(l.ctx, opList, err)
			// fileblob fails if a file is removed between two of its system calls,
			// which is not an error (L4).
			if vanished++; vanished < maxVanished && errors.Is(err, files.ErrUnavailable) {
				continue
			}
			return nil, false, err
		}
		if l.ctx.Err() != nil {
			return nil, false, driver.ContextError(l.ctx) // fileblob doesn't check it
		}
		if len(next) > 0 {
			if try && !deep {
				return nil, false, nil
			}
			size *= 16
			continue
		}
		if deep {
			objs = l.collapse(objs, prefix)
		}
		slices.SortFunc(objs, func(a, b *blob.ListObject) int {
			return strings.Compare(a.Key, b.Key)
		})
		return objs, true, nil
	}
}

// collapse keeps the objects with the prefix and, in a shallow listing, makes
// directories of deeper ones.
func (l *listing) collapse(objs []*blob.ListObject, prefix string) []*blob.ListObject {
	var kept []*blob.ListObject
	seen := map[string]bool{}
	for _, obj := range objs {
		rest, ok := strings.CutPrefix(obj.Key, prefix)
		if !ok {
			continue
		}
		if first, _, found := strings.Cut(rest, "/"); found && l.req.Shallow {
			dir := prefix + first + "/"
			if seen[dir] {
				continue
			}
			seen[dir] = true
			obj = &blob.ListObject{Key: dir, IsDir: true}
		}
		kept = append(kept, obj)
	}
	return kept
}
