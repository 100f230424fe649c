package filestest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Bucket is a fake that belongs to one test. It is a files.Bucket with every optional
// ability that its personality has.
type Bucket struct {
	// Clock gives files their times and lets signed URLs expire.
	Clock *Clock

	instruments
	host   string // of the fake's URLs
	secret [32]byte

	headByGet bool
	answers   answers

	mu       sync.Mutex
	signBase string
}

// Option is an option of New.
type Option func(*config)

type config struct {
	personality Personality
	anyError    bool
}

// As gives the fake a personality: where services differ, it behaves like that one.
func As(p Personality) Option { return func(c *config) { c.personality = p } }

// New returns an empty fake, which lives until the test ends.
func New(t testing.TB, opts ...Option) *Bucket {
	t.Helper()
	c := config{personality: Clouds}
	for i, o := range opts {
		if o == nil {
			t.Fatalf("filestest: New: option %d is nil", i+1)
		}
		o(&c)
	}
	if c.personality.name == "" {
		t.Fatalf("filestest: As: the Personality is the zero value; want one such as filestest.S3")
	}
	b := &Bucket{
		Clock:     &Clock{},
		headByGet: c.personality.headByGet(),
		answers:   c.personality.answers(),
	}
	b.begin(t, b)
	if refuses := c.personality.refuses; refuses != nil {
		b.storable = func(name string) error { return refuses(b, name) }
	}
	if c.personality.costs != nil {
		b.repeats, b.record.costs = true, c.personality.costs
		b.record.usage.Requests = map[string]int{}
		b.record.usage.class = c.personality.costs.class
	}
	if !c.anyError {
		b.gives, b.driver = c.personality.Gives, "the driver of "+c.personality.name
	}
	memory := c.personality.memory
	memory.Clock = b.Clock.Now
	b.store = mem.New(&memory)
	inner := driver.New(&instrumented{
		Backend:     driver.Unwrap(b.store),
		fake:        b,
		personality: c.personality,
	})
	b.seen = files.Wrap(inner, b.hooks())
	b.outer = b.handle()
	b.changes.reset()
	rand.Read(b.secret[:]) // never fails
	b.host = register(b)
	t.Cleanup(b.end)
	return b
}

// end is called when the test is over.
func (b *Bucket) end() {
	b.t.Helper()
	unregister(b)
	b.finish()
}

// register makes the fake what its URL opens, and returns the URL's host.
func register(b *Bucket) string {
	open.Lock()
	defer open.Unlock()
	open.next++
	host := fmt.Sprintf("fake-%d", open.next)
	open.fakes[host] = b
	return host
}

func unregister(b *Bucket) {
	open.Lock()
	defer open.Unlock()
	for host, fake := range open.fakes {
		if fake == b {
			delete(open.fakes, host)
			open.ended[host] = b.t.Name()
		}
	}
}

// open are the fakes of the tests that run, by the host of their URLs.
var open = struct {
	sync.Mutex
	next  int
	fakes map[string]*Bucket
	ended map[string]string // the names of the tests
}{fakes: map[string]*Bucket{}, ended: map[string]string{}}
