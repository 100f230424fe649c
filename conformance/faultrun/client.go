package faultrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"cloudfiles.dev/files"
)

// client is one of the concurrent clients. Only it writes its files; it reads the
// files of all clients.
type client struct {
	*run
	id    int
	rng   *rand.Rand
	dir   string
	files []*file // the client's files, without retired ones
	made  int
	count int // lines and slots so far
}

// filesEach is how many files a client writes.
const filesEach = 12

func newClient(r *run, id int) *client {
	return &client{
		run: r,
		id:  id,
		rng: rand.New(rand.NewPCG(r.Seed, uint64(id)+2)),
		dir: fmt.Sprintf("client%02d", id),
	}
}

// operations lists the kinds of operations with their weights.
var operations = []struct {
	name   string
	weight int
	do     func(*client) error
}{
	{"put", 20, func(c *client) error { return c.write(c.ownFile(), plain) }},
	{"create", 8, func(c *client) error { return c.write(c.ownFile(), create) }},
	{"swap", 10, func(c *client) error { return c.write(c.ownFile(), swap) }},
	{"delete", 6, func(c *client) error { return c.remove(c.ownFile(), false) }},
	{"delete version", 4, func(c *client) error { return c.remove(c.ownFile(), true) }},
	{"delete many", 2, (*client).removeMany},
	{"copy", 4, (*client).copy},
	{"get", 16, func(c *client) error { return c.get(c.anyFile()) }},
	{"get range", 6, func(c *client) error { return c.getRange(c.ownFile()) }},
	{"stat", 10, func(c *client) error { return c.stat(c.anyFile()) }},
	{"list", 4, (*client).list},
	{"append", 6, (*client).append},
	{"race", 4, (*client).race},
}

func (c *client) work() {
	var all []int
	for i, o := range operations {
		for range o.weight {
			all = append(all, i)
		}
	}
	for range filesEach {
		c.add()
	}
	for c.left.Add(-1) >= 0 && c.t.Context().Err() == nil {
		o := operations[all[c.rng.IntN(len(all))]]
		err := o.do(c)
		if errors.Is(err, errSkipped) {
			c.left.Add(1) // Another operation replaces it.
			continue
		}
		c.run.count(o.name, err)
	}
}

// errSkipped is the result of an operation that the bucket doesn't support, or for which
// there is no file.
var errSkipped = errors.New("skipped")

// add makes a new name for one of the client's files: in its directory, or in a
// subdirectory.
func (c *client) add() {
	name := fmt.Sprintf("%s/%sfile%d", c.dir, []string{"", "sub/", "a b+ü/"}[c.made%3], c.made)
	c.made++
	f := newFile(name)
	c.files = append(c.files, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.files[name] = f
	c.all = append(c.all, f)
}

// ownFile returns one of the client's files at random.
func (c *client) ownFile() *file { return c.files[c.rng.IntN(len(c.files))] }

// anyFile returns one of the client's files half the time, and otherwise a file of any
// client.
func (c *client) anyFile() *file {
	if c.rng.IntN(2) == 0 {
		return c.ownFile()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[c.rng.IntN(len(c.all))]
}

func (c *client) isOwn(f *file) bool { return slices.Contains(c.files, f) }

func (c *client) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.t.Context(), c.Timeout)
}

type how int

const (
	plain how = iota
	create
	swap
)

// put puts the content from a reader that can be rewound or not, with a known or an
// unknown size.
func (c *client) put(ctx context.Context, name string, content []byte, a files.Attributes,
	cond files.Condition) (files.Info, error) {
	o := &files.PutOptions{Attributes: a, If: cond}
	var r io.Reader = bytes.NewReader(content)
	switch c.rng.IntN(3) {
	case 0:
		r = struct{ io.Reader }{r}
	case 1:
		size := int64(len(content))
		r, o.Size = struct{ io.Reader }{r}, &size
	}
	return c.Bucket.Put(ctx, name, r, o)
}

// write puts new content, with or without a condition.
func (c *client) write(f *file, h how) error {
	size := c.rng.IntN(3000)
	if c.Large > 0 && c.rng.IntN(100) == 0 {
		size = c.Large
	}
	v := newValue(f.name, f.next(), size)
	var cond files.Condition
	var holds *condition
	switch h {
	case create:
		if !c.features.IfAbsent {
			return errSkipped
		}
		cond = files.IfAbsent()
		holds = &condition{func(a *attempt) bool {
			return a.absent
		}, func(a *attempt) bool { return !a.absent }}
	case swap:
		a := f.anyVersion(c.rng.IntN(5) == 0)
		if !c.features.IfVersion || a == nil {
			return errSkipped
		}
		cond, holds = files.IfVersion(a.version), ifVersion(a)
	}
	var attrs files.Attributes
	if c.features.Attributes {
		attrs.Metadata = map[string]string{"write": v.mark()}
	}
	n := f.begin(false, v)
	ctx, cancel := c.context()
	defer cancel()
	info, err := c.put(ctx, f.name, v.text(), attrs, cond)
	if err == nil && info.Size != int64(v.size) {
		c.violation("%s: Put of %d bytes returned a size of %d", f.name, v.size, info.Size)
	}
	return c.settle(f, n, "Put of "+v.mark()+" ("+cond.String()+")", err, info.Version, holds, ctx)
}

// ifVersion is the condition that the file still has the version of the attempt.
// Versions of equal contents may be equal or not.
func ifVersion(a *attempt) *condition {
	same := func(b *attempt) bool { return !b.absent && b.value == a.value }
	return &condition{same, func(b *attempt) bool { return !same(b) || b.version != a.version }}
}

// settle records a write's outcome and returns the error, or nil if the error is due
// to the condition.
func (c *client) settle(f *file, n int, what string, err error, version files.Version,
	cond *condition, ctx context.Context) error {
	o := outcomeOf(err)
	giveUp := ctx.Err() != nil && err != nil
	if o == wrong || o == missing || cond == nil && (o == exists || o == differs) {
		c.violation("%s: %s returned an error that it must not: %v", f.name, what, err)
		o = maybe
	}
	if bad := f.settle(n, o, version, cond, giveUp); bad != "" {
		c.violation("%s: %s %s: %v", f.name, what, bad, err)
	}
	if giveUp {
		c.files = slices.DeleteFunc(c.files, func(g *file) bool { return g == f })
		c.add()
	}
	if o == exists || o == differs {
		return nil
	}
	return err
}

func (c *client) remove(f *file, conditional bool) error {
	var o *files.DeleteOptions
	var holds *condition
	what := "Delete"
	if conditional {
		a := f.anyVersion(c.rng.IntN(5) == 0)
		if !c.features.DeleteIfVersion || a == nil {
			return errSkipped
		}
		o = &files.DeleteOptions{IfVersion: a.version}
		holds = ifVersion(a)
		same := holds.succeeds
		// Some services report success for a file that doesn't exist.
		holds.succeeds = func(b *attempt) bool { return b.absent || same(b) }
		what = "Delete if version " + a.value.mark()
		if _, now, ok := f.certain(); ok && now.absent {
			return errSkipped
		}
	}
	n := f.begin(true, value{})
	ctx, cancel := c.context()
	defer cancel()
	err := c.Bucket.Delete(ctx, f.name, o)
	return c.settle(f, n, what, err, "", holds, ctx)
}

// removeMany deletes three files in one call.
func (c *client) removeMany() error {
	ctx, cancel := c.context()
	defer cancel()
	var names []string
	tries := map[string]int{}
	var chosen []*file
	for range 3 {
		if f := c.ownFile(); !slices.Contains(names, f.name) {
			names, chosen = append(names, f.name), append(chosen, f)
			tries[f.name] = f.begin(true, value{})
		}
	}
	res, err := files.DeleteMany(ctx, c.Bucket, slices.Values(names))
	failed := map[string]error{}
	for _, e := range res.Failed {
		failed[e.Name] = e
	}
	if err != nil && len(failed) == 0 { // the call ended early
		for _, n := range names {
			failed[n] = err
		}
	}
	if err == nil && res.Deleted != int64(len(names)) {
		c.violation("DeleteMany of %d names returned Deleted = %d", len(names), res.Deleted)
	}
	for _, f := range chosen {
		c.settle(f, tries[f.name], "DeleteMany", failed[f.name], "", nil, ctx)
	}
	return err
}

// copy copies one of the client's files to another.
func (c *client) copy() error {
	src, dst := c.ownFile(), c.ownFile()
	_, a, ok := src.certain()
	if src == dst || !ok || a.absent {
		return errSkipped
	}
	n := dst.begin(false, a.value)
	ctx, cancel := c.context()
	defer cancel()
	info, err := files.Copy(ctx, c.Bucket, dst.name, c.Bucket, src.name, nil)
	o := outcomeOf(err)
	switch {
	case o == wrong && c.readError(err): // reading the source failed
		if bad := dst.settle(n, refused, "", nil, ctx.Err() != nil); bad != "" {
			c.violation("%s: copy %s: %v", dst.name, bad, err)
		}
		return err
	case o == missing:
		c.violation("%s: the source %s of a copy is missing, but it was %s", dst.name, src.name,
			stateText(a.absent, a.value))
	}
	return c.settle(dst, n, "copy of "+a.value.mark(), err, info.Version, nil, ctx)
}

// append appends a line to one of the files to which all clients append.
func (c *client) append() error {
	if len(c.counters) == 0 {
		return errSkipped
	}
	return c.addTo(c.counters[c.rng.IntN(len(c.counters))])
}

// race creates the file of a slot, which other clients create as well.
func (c *client) race() error {
	if !c.features.IfAbsent {
		return errSkipped
	}
	c.mu.Lock()
	if c.started%slotTries == 0 {
		c.slots = append(c.slots, &slot{
			name:  fmt.Sprintf("race/slot%04d", len(c.slots)),
			tries: map[string]state{},
		})
	}
	c.started++
	s := c.slots[len(c.slots)-1]
	c.mu.Unlock()
	return c.create(s)
}
