package faultrun

import (
	"errors"
	"io"

	"cloudfiles.dev/files"
)

// readError reports whether a read may fail with this error while requests fail.
// ErrCorrupt is allowed because only the digest may show that a body was cut.
// ErrChanged is allowed because a response may have a wrong length, so that the body is
// resumed after the file's end.
func (c *client) readError(err error) bool {
	switch outcomeOf(err) {
	case maybe, refused:
		return true
	}
	return errors.Is(err, files.ErrCorrupt) || errors.Is(err, files.ErrChanged)
}

// readFailure returns the error of a read, and reports an error that a read must not
// return.
func (c *client) readFailure(name string, err error) error {
	if !c.readError(err) {
		c.violation("%s: a read returned an error that it must not: %v", name, err)
	}
	return err
}

// saw records the state that a read of the file returned. floor was taken before the
// read.
func (c *client) saw(f *file, floor int, how string, absent bool, v value, version files.Version) {
	bad := ""
	if c.isOwn(f) {
		bad = f.observe(absent, v, version, c.features.VersionPerPut)
	} else {
		bad = f.allows(floor, absent, v)
	}
	if bad != "" {
		c.violation("%s: %s: %s", f.name, how, bad)
	}
}

// get reads a whole file in one of several ways.
func (c *client) get(f *file) error {
	floor := f.floor()
	ctx, cancel := c.context()
	defer cancel()
	r, err := c.Bucket.Get(ctx, f.name, &files.GetOptions{ReadTimeout: c.Timeout / 2})
	if errors.Is(err, files.ErrNotExist) {
		c.saw(f, floor, "Get", true, value{}, "")
		return nil
	}
	if err != nil {
		return c.readFailure(f.name, err)
	}
	defer r.Close()
	var p []byte
	if c.rng.IntN(2) == 0 {
		p, err = r.ReadAll()
	} else {
		p, err = io.ReadAll(io.MultiReader(r)) // by Read
	}
	if err != nil {
		c.prefix(f, p, r.Info())
		return c.readFailure(f.name, err)
	}
	v, perr := parse(p)
	switch {
	case perr != nil:
		c.violation("%s: Get returned no error, and %v", f.name, perr)
		return nil
	case r.Info().Size != int64(len(p)):
		c.violation("%s: Get returned a size of %d, and %d bytes", f.name, r.Info().Size, len(p))
	case c.features.Attributes && r.Info().Metadata["write"] != v.mark():
		c.violation("%s: Get returned the content of write %s with the metadata of %q", f.name,
			v.mark(), r.Info().Metadata["write"])
	}
	c.saw(f, floor, "Get", false, v, r.Info().Version)
	return nil
}

// prefix checks the bytes that came before an error. They must be the beginning of the
// content that the metadata identifies.
func (c *client) prefix(f *file, p []byte, info files.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.history {
		if a.absent || a.value.mark() != info.Metadata["write"] {
			continue
		}
		if want := a.value.text(); len(p) > len(want) || string(p) != string(want[:len(p)]) {
			c.violation("%s: the %d bytes before an error are not the beginning of write %s",
				f.name,
				len(p), a.value.mark())
		}
		return
	}
}

// getRange reads a part of one of the client's files.
func (c *client) getRange(f *file) error {
	n, a, ok := f.certain()
	if !ok || a.absent {
		return errSkipped
	}
	want := a.value.text()
	off := c.rng.IntN(len(want) + 1)
	length := c.rng.IntN(len(want) + 10)
	ctx, cancel := c.context()
	defer cancel()
	p, info, err := read(ctx, c.Bucket, f.name, &files.GetOptions{
		Range:       files.Bytes(int64(off), int64(length)),
		ReadTimeout: c.Timeout / 2,
	})
	want = want[off:min(off+length, len(want))]
	switch {
	case errors.Is(err, files.ErrNotExist):
		c.saw(f, n, "Get of a range", true, value{}, "")
	case err != nil:
		return c.readFailure(f.name, err)
	case string(p) != string(want):
		c.violation("%s: Get of %d bytes from %d returned no error, and %d bytes that are not "+
			"those of write %s", f.name, length, off, len(p), a.value.mark())
	case info.Size != int64(a.value.size):
		c.violation("%s: Get of a range returned a size of %d, want %d", f.name, info.Size,
			a.value.size)
	}
	return nil
}

// stat calls Stat for a file and checks the result.
func (c *client) stat(f *file) error {
	floor := f.floor()
	ctx, cancel := c.context()
	defer cancel()
	info, err := c.Bucket.Stat(ctx, f.name, nil)
	if errors.Is(err, files.ErrNotExist) {
		c.saw(f, floor, "Stat", true, value{}, "")
		return nil
	}
	if err != nil {
		return c.readFailure(f.name, err)
	}
	if !c.features.Attributes {
		return nil
	}
	v, ok := f.described(info)
	if !ok && c.StatMixes && f.mixture(info) {
		return nil
	}
	if !ok {
		c.violation("%s: Stat returned %d bytes and the metadata %q, which no client put", f.name,
			info.Size, info.Metadata["write"])
		return nil
	}
	c.saw(f, floor, "Stat", false, v, info.Version)
	return nil
}

// described returns the value that an Info describes.
func (f *file) described(info files.Info) (value, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.history {
		if !a.absent && a.value.mark() == info.Metadata["write"] &&
			int64(a.value.size) == info.Size {
			return a.value, true
		}
	}
	return value{}, false
}

// mixture reports whether an Info has the size of one write and the metadata of another.
func (f *file) mixture(info files.Info) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size, mark := false, false
	for _, a := range f.history {
		size = size || !a.absent && int64(a.value.size) == info.Size
		mark = mark || !a.absent && a.value.mark() == info.Metadata["write"]
	}
	return size && mark
}

// snapshot has the files whose state is certain.
type snapshot map[*file]moment

func (r *run) snapshot() snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := snapshot{}
	for _, f := range r.files {
		if m, ok := f.moment(); ok {
			s[f] = m
		}
	}
	return s
}

// list lists the client's directory or the whole bucket.
func (c *client) list() error {
	dir := c.dir
	if c.rng.IntN(3) == 0 {
		dir = ""
	}
	before := c.snapshot()
	ctx, cancel := c.context()
	defer cancel()
	o := &files.ListOptions{}
	if c.rng.IntN(2) == 0 {
		o.PageSize = 7
	}
	seen := map[string]files.Entry{}
	last := ""
	for e, err := range c.Bucket.List(ctx, dir, o) {
		if err != nil {
			return c.readFailure(dir, err)
		}
		if c.Ignore != nil && c.Ignore(e.Name) {
			continue
		}
		if _, twice := seen[e.Name]; twice || c.features.Ordered && e.Name <= last {
			c.violation("List(%q) yielded %q after %q", dir, e.Name, last)
		}
		seen[e.Name], last = e, e.Name
		c.known(e)
	}
	after := c.snapshot()
	for f, b := range before {
		if a, ok := after[f]; !ok || a.writes != b.writes || dir != "" && !c.isOwn(f) {
			continue // changed meanwhile, or outside dir
		}
		e, there := seen[f.name]
		switch {
		case there == b.now.absent:
			c.violation("List(%q) has %q: %v, but it was %s all the while", dir, f.name, there,
				stateText(b.now.absent, b.now.value))
		case there && e.Size != int64(b.now.value.size):
			c.violation("List(%q) has %q with %d bytes, but it was %s with %d all the while", dir,
				f.name, e.Size, stateText(false, b.now.value), b.now.value.size)
		}
	}
	return nil
}

// known reports a violation if no client put a file of that name.
func (c *client) known(e files.Entry) {
	c.mu.Lock()
	_, ok := c.run.files[e.Name]
	for _, k := range c.counters {
		ok = ok || k.name == e.Name
	}
	for _, s := range c.slots {
		ok = ok || s.name == e.Name
	}
	c.mu.Unlock()
	if !ok {
		c.violation("List yielded %q, which no client put", e.Name)
	}
}
