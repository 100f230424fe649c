package cache

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// maxSpoiled is the largest number of names for which the cache remembers an outdated
// entry that it couldn't remove from the store. If there are more, nothing is cached.
const maxSpoiled = 10_000

// New returns a bucket that reads origin through store. It is safe for concurrent use.
// Closing it closes neither bucket, unless opts says so. opts may be nil.
//
// If the Features of origin lack Versions or ReadConditions, nothing is cached, and
// every Get reads from the origin.
//
// Errors: ErrInvalid for a nil bucket, for options that make no sense, and for an origin
// and a store that have files in common; ErrUnsupported if the store is read-only, or the
// names of entries are too long for it.
func New(origin, store files.Bucket, opts *Options) (files.Bucket, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	o, err := o.complete()
	switch {
	case err != nil:
	case nils.Is(origin) || nils.Is(store):
		err = driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case origin == store:
		err = driver.Errorf(files.ErrInvalid, "the store is the origin itself")
	case driver.Overlap(origin, "", store, ""):
		err = driver.Errorf(files.ErrInvalid, "the store and the origin have files in common")
	case store.Features().ReadOnly:
		err = driver.Errorf(files.ErrUnsupported, "the store is read-only, so it can't be filled")
	default:
		if n := store.Features().MaxName; n > 0 && n < len(key{}.name()) {
			err = driver.Errorf(files.ErrUnsupported,
				"the store takes names of at most %d bytes, which is too short for entries", n)
		}
	}
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	c := &cache{
		origin: origin,
		opts:   o,
		id:     identity(origin, o.Origin),
		shelf:  newShelf(store, o),
		names:  map[string]*state{},
	}
	return files.Wrap(origin, files.Hooks{
		Layer:   "cache " + size(o.MaxBytes),
		Around:  c.around,
		OnClose: c.close,
		Uploads: true,
	}), nil
}

// identity returns the text that identifies the origin in the keys of entries.
func identity(origin files.Bucket, given string) string {
	if given == "" {
		return "\x00" + rand.Text()
	}
	return given + "\x00" + strings.Join(files.Layers(origin), "\x00")
}

// size returns a number of bytes as text.
func size(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", n/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// cache has what the hooks of one bucket share.
type cache struct {
	origin files.Bucket
	opts   Options
	id     string
	shelf  *shelf

	mu      sync.Mutex
	names   map[string]*state // of what is read or written at the moment, or spoiled
	spoiled int
	off     bool // there are too many outdated entries, so nothing is cached
	open    int  // bodies
	closed  bool
}

func (c *cache) around(ctx context.Context, call *files.Call,
	next func(context.Context) error) error {
	switch call.Op {
	case files.OpGet:
		return c.get(ctx, call, next)
	case files.OpPut, files.OpCopy, files.OpDelete, files.OpUpload:
		if call.Name == "" { // a raw key, which is not cached
			return next(ctx)
		}
		return c.write(ctx, []string{call.Name}, next)
	case files.OpDeleteMany:
		return c.write(ctx, call.Names, next)
	}
	return next(ctx)
}

// state returns the state of a name, and retains it until release.
func (c *cache) state(name string) *state {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.names[name]
	if s == nil {
		s = newState(c, name)
		c.names[name] = s
	}
	s.refs++
	return s
}

func (c *cache) retain(s *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.refs++
}

func (c *cache) release(s *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.refs--; s.refs == 0 && !s.kept {
		delete(c.names, s.name)
	}
}

// keep records whether the store has an outdated entry for a name. The state of such a
// name is kept, so that the entry isn't used.
func (c *cache) keep(s *state, spoiled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.kept == spoiled {
		return
	}
	if s.kept = spoiled; !spoiled {
		c.spoiled--
		return
	}
	if c.spoiled++; c.spoiled > maxSpoiled {
		c.off = true
	}
}

func (c *cache) isOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// bodies adds n to the number of open bodies.
func (c *cache) bodies(n int) {
	c.mu.Lock()
	c.open += n
	over := c.closed && c.open == 0
	c.mu.Unlock()
	if over {
		c.closeOwned()
	}
}

// close closes the buckets that the cache owns, when no body is open any more.
func (c *cache) close() error {
	c.mu.Lock()
	c.closed = true
	over := c.open == 0
	c.mu.Unlock()
	if !over {
		return nil
	}
	return c.closeOwned()
}

func (c *cache) closeOwned() (err error) {
	if c.opts.OwnsStore {
		err = c.shelf.b.Close()
	}
	if c.opts.OwnsOrigin {
		if oerr := c.origin.Close(); oerr != nil {
			err = oerr
		}
	}
	return err
}
