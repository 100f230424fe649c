package suite

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/files"
)

// Remembered has the names of all files that were put below the run's directory in the
// shared store. The run deletes by these names, because a listing may leave out files: if
// "a" and "a/b" exist, MinIO's listing leaves out everything below "a".
type Remembered struct {
	mu sync.Mutex
	// dirs has the number of writes in progress by the case's directory and the name.
	dirs map[string]map[string]int
}

// dirOf returns the case's directory of a name of the store.
func dirOf(name string) string {
	run, rest, _ := strings.Cut(name, "/")
	dir, _, _ := strings.Cut(rest, "/")
	return run + "/" + dir
}

// Put notes the names before they are written. The caller calls over when the write has
// ended.
func (m *Remembered) Put(names ...string) (over func()) {
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

// take returns, in order, the names below a case's directory, or all names for "". It
// forgets them, except names with a write in progress, such as the names of a case that
// hangs.
func (m *Remembered) take(dir string) (names []string) {
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

// through returns a bucket that records prefix+name for each name that is put through it,
// including copies, moves and signed PUTs. If own is true, closing it closes b.
func (m *Remembered) through(b files.Bucket, prefix string, own bool) files.Bucket {
	return files.Wrap(b, files.Hooks{CloseInner: own, Uploads: true, Around: func(
		ctx context.Context, c *files.Call, next func(context.Context) error,
	) error {
		switch {
		case !c.Op.Writes(), c.Op == files.OpDelete, c.Op == files.OpDeleteMany,
			c.Op == files.OpSignDelete:
			return next(ctx)
		case files.CheckName(prefix+c.Name) != nil:
			return next(ctx)
		}
		defer m.Put(prefix + c.Name)()
		return next(ctx)
	}})
}

// OfURL is through for a bucket that was opened by a URL of the shared store with
// prefix= and perhaps key=.
func (s *Runner) OfURL(b files.Bucket, rawURL string) files.Bucket {
	if s.Store == nil {
		return b
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return b
	}
	_, prefix, ok := strings.Cut(u.Query().Get("prefix"), s.Prefix+"/")
	if !ok {
		return b
	}
	return s.Stored.through(b, s.Prefix+"/"+prefix, true)
}
