package local

import (
	"runtime"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// batch is a number of files of one folder, consecutive in the order of the listing,
// for which Lstat is called before the first of them is yielded. These system calls
// take most of the time of a listing, and several processors share them. The helping
// goroutines end before anything is yielded.
type batch struct {
	walk   *walk
	folder *dirContent
	items  []item
	prefix string
	seen   []statResult // of each item
	total  int          // files of the listing so far
	next   atomic.Int64
}

// statResult is what is yielded for an item.
type statResult struct {
	entry files.Entry
	ok    bool
	err   error
}

const (
	// Lstat is called for the first files one by one. Then a batch is as large as all
	// batches before it together, so stopping early costs at most twice what was read.
	firstBatch = 16
	maxBatch   = 512
	// shareSize is how many files a goroutine takes at a time. A helper is started for
	// every four times as many.
	shareSize = 16
	// maxHelpers is how many helpers a listing has at most, if there are as many
	// processors.
	maxHelpers = maxStats - 1
)

// emitFiles yields a batch of items that are files, from the beginning of items, and
// returns how many they were.
func (l *walk) emitFiles(f *dirContent, items []item) (n int, more bool, err error) {
	b := &l.batch
	size := 1
	if b.total >= firstBatch {
		size = min(b.total, maxBatch)
	}
	if l.req.Limit > 0 {
		size = min(size, l.req.Limit-l.count)
	}
	for n = 1; n < len(items) && n < size && !items[n].isDir(); n++ {
	}
	b.total += n
	b.walk, b.folder, b.items, b.prefix = l, f, items[:n], string(l.path)
	if l.req.NamesOnly && !f.asIs && !f.replaced {
		if l.ctx.Err() != nil {
			return n, false, driver.ContextError(l.ctx)
		}
		for _, it := range b.items {
			if !l.emit(files.Entry{Name: b.name(it)}) {
				return n, false, nil
			}
		}
		return n, true, nil
	}
	if b.statAll(); l.ctx.Err() != nil {
		return n, false, driver.ContextError(l.ctx)
	}
	for i := range b.seen {
		s := &b.seen[i]
		if s.err != nil {
			if err := l.mapFileError(s.err, s.entry.Name); err != nil {
				return n, false, err
			}
			continue
		}
		if s.ok && !l.emit(s.entry) {
			return n, false, nil
		}
	}
	return n, true, nil
}

func (b *batch) name(it item) string { return b.prefix + string(b.folder.text(it)) }

// statAll finds the results of all items, in this goroutine and in helpers.
func (b *batch) statAll() {
	if cap(b.seen) < len(b.items) {
		b.seen = make([]statResult, min(2*len(b.items), maxBatch))
	}
	b.seen = b.seen[:len(b.items)]
	b.next.Store(0)
	helpers := min(len(b.items)/(4*shareSize), runtime.GOMAXPROCS(0)-1, maxHelpers)
	var wg sync.WaitGroup
	for range helpers {
		wg.Go(b.share)
	}
	b.share()
	wg.Wait()
}

// share takes items and finds their results, until all are taken or the context ends.
func (b *batch) share() {
	for {
		end := int(b.next.Add(shareSize))
		start := end - shareSize
		if start >= len(b.items) || b.walk.ctx.Err() != nil {
			return
		}
		for i := start; i < min(end, len(b.items)); i++ {
			b.seen[i] = b.statItem(b.items[i])
		}
	}
}

// statItem returns the result of one item.
func (b *batch) statItem(it item) (s statResult) {
	name := b.name(it)
	if b.walk.req.NamesOnly && it.pathKind() != asIs && !b.folder.replaced {
		s.ok = true
		s.entry.Name = name
		return s
	}
	element := name[len(b.prefix):]
	if it.isPlain() {
		s.ok, s.err = b.walk.statInto(&s.entry, b.folder.dir, element)
	}
	if !s.ok && s.err == nil {
		s.entry, s.ok, s.err = b.walk.statEntry(b.folder.dir, element, it.pathKind())
	}
	s.entry.Name = name
	return s
}
