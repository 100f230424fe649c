package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/files"
)

// remembered has every name below the run's directory under which something was put in
// the shared store. The run deletes by it: a listing may hide what is there, as MinIO's
// does with everything below an object "a" where "a/b" exists, too.
type remembered struct {
	mu   sync.Mutex
	dirs map[string]map[string]int // by the case's directory; the number is of writes under way
}

// dirOf is the case's directory that a name of the store is below.
func dirOf(name string) string {
	run, rest, _ := strings.Cut(name, "/")
	dir, _, _ := strings.Cut(rest, "/")
	return run + "/" + dir
}

// put notes the names before they are written; the function that it returns says that
// the write is over.
func (m *remembered) put(names ...string) (over func()) {
	add := func(n int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, name := range names {
			dir := dirOf(name)
			if m.dirs[dir] == nil {
				if m.dirs == nil {
					m.dirs = map[string]map[string]int{}
				}
				m.dirs[dir] = map[string]int{}
			}
			m.dirs[dir][name] += n
		}
	}
	add(1)
	return func() { add(-1) }
}

// take returns the names below a case's directory, or all for "", in order. They are
// forgotten, but for those whose write is still under way, as that of a case that
// hangs.
func (m *remembered) take(dir string) (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for d, of := range m.dirs {
		if dir != "" && d != dir {
			continue
		}
		names = slices.AppendSeq(names, maps.Keys(of))
		maps.DeleteFunc(of, func(_ string, writes int) bool { return writes == 0 })
		if len(of) == 0 {
			delete(m.dirs, d)
		}
	}
	slices.Sort(names)
	return names
}

// through returns the bucket that remembers: what is put through it, copies, moves and
// signed PUTs included, is noted under prefix and name. It owns the bucket below where
// own says so.
func (m *remembered) through(b files.Bucket, prefix string, own bool) files.Bucket {
	return files.Wrap(b, files.Hooks{CloseInner: own, Around: func(
		ctx context.Context, c *files.Call, next func(context.Context) error,
	) error {
		switch {
		case !c.Op.Writes(), c.Op == files.OpDelete, c.Op == files.OpDeleteMany,
			c.Op == files.OpSignDelete:
			return next(ctx)
		case files.CheckName(prefix+c.Name) != nil:
			return next(ctx)
		}
		defer m.put(prefix + c.Name)()
		return next(ctx)
	}})
}

// ofURL is through for a bucket that was opened by a URL of the shared store with
// prefix=, and maybe key=.
func (s *session) ofURL(b files.Bucket, rawURL string) files.Bucket {
	if s.store == nil {
		return b
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return b
	}
	_, prefix, ok := strings.Cut(u.Query().Get("prefix"), s.prefix+"/")
	if !ok {
		return b
	}
	return s.stored.through(b, s.prefix+"/"+prefix, true)
}

// LeftError says what a run left behind in a shared store.
type LeftError struct {
	// Dir is the directory that holds it.
	Dir string
	// Names are the files that are known to be left, or that may be: those that could
	// not be deleted, and those that a listing showed at the end.
	Names []string
	// Err is why.
	Err error
}

// maxLeft is how many names the text of a LeftError has.
const maxLeft = 20

func (e *LeftError) Error() string {
	var text strings.Builder
	switch len(e.Names) {
	case 0:
		fmt.Fprintf(&text, "files may be left behind below %s/", e.Dir)
	case 1:
		fmt.Fprintf(&text, "1 file is left behind below %s/", e.Dir)
	default:
		fmt.Fprintf(&text, "%d files are left behind below %s/", len(e.Names), e.Dir)
	}
	for i, name := range e.Names {
		if i == maxLeft {
			fmt.Fprintf(&text, " and %d more", len(e.Names)-i)
			break
		}
		fmt.Fprintf(&text, "%s%q", map[bool]string{true: ": ", false: ", "}[i == 0], name)
	}
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	return text.String()
}

func (e *LeftError) Unwrap() error { return e.Err }

// clean deletes what was put below the directory, by name, then what is still listed
// there, also when ctx has ended. The error is a *LeftError; what it names is tried
// once more at the end.
func (s *session) clean(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
	defer cancel()
	of := dir
	if dir == s.prefix {
		of = ""
	}
	left := map[string]error{}
	for names := range slices.Chunk(s.stored.take(of), files.DeleteBatchSize) {
		deleteNamed(ctx, s.store, names, left)
	}
	found, err := listed(ctx, s.store, dir)
	if len(found) > 0 || err != nil {
		deleteListed(ctx, s.store, found, left)
		if found, err = listed(ctx, s.store, dir); len(found) > 0 {
			for _, e := range found { // though its delete was nil
				left[e.Name+e.Key] = errors.Join(left[e.Name+e.Key])
			}
		}
	}
	if len(left) == 0 && err == nil {
		return nil
	}
	e := &LeftError{Dir: dir, Names: slices.Sorted(maps.Keys(left)), Err: err}
	s.stored.put(e.Names...)()
	for _, name := range e.Names {
		if e.Err == nil {
			e.Err = left[name]
		}
	}
	return e
}

// deleteNamed deletes the names, and adds those that stay, with the reason.
func deleteNamed(ctx context.Context, b files.Bucket, names []string, left map[string]error) {
	res, err := files.DeleteMany(ctx, b, slices.Values(names))
	if err != nil && len(res.Failed)+int(res.Deleted) < len(names) { // it ended early
		for _, name := range names {
			left[name] = err
		}
		return
	}
	for _, failed := range res.Failed {
		err := b.Delete(ctx, failed.Name, nil) // where only deleting many at once fails
		if err == nil {
			continue
		}
		// Nothing was put under a name that the store refuses, or by a bucket that can't
		// write.
		_, serr := b.Stat(ctx, failed.Name, nil)
		refused := errors.Is(err, errors.ErrUnsupported) && errors.Is(serr, errors.ErrUnsupported)
		if !refused && !errors.Is(serr, files.ErrNotExist) {
			left[failed.Name] = err
		}
	}
}

// listed is what the store lists below the directory, objects under foreign keys
// included.
func listed(ctx context.Context, b files.Bucket, dir string) (all []files.Entry, err error) {
	opts := &files.ListOptions{NamesOnly: true, Foreign: b.Features().ForeignKeys}
	for e, lerr := range b.List(ctx, dir, opts) {
		if lerr != nil {
			err = errors.Join(err, lerr)
			continue
		}
		all = append(all, e)
	}
	return all, err
}

// deleteListed deletes what was listed, and adds what stays, with the reason.
func deleteListed(ctx context.Context, b files.Bucket, all []files.Entry, left map[string]error) {
	var names []string
	for _, e := range all {
		if e.Key == "" {
			names = append(names, e.Name)
		} else if err := b.Delete(ctx, "", &files.DeleteOptions{Key: e.Key}); err != nil {
			left[e.Key] = err
		}
	}
	for names := range slices.Chunk(names, files.DeleteBatchSize) {
		deleteNamed(ctx, b, names, left)
	}
}
