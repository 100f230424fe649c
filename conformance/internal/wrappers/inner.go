package wrappers

import (
	"bytes"
	"context"
	"io"
	"iter"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// below is the store beneath a wrapper: memory that does and refuses what its features
// say, and sees what reaches it.
type below struct {
	*belowStore
	closes atomic.Int64
}

// belowStore is what the handles of one store share.
type belowStore struct {
	check.Memory
	features  files.Features
	unordered bool

	vanished atomic.Bool
	failPuts atomic.Int64 // how many Puts break in their middle
	cut      atomic.Int64 // after how many bytes bodies break, plus one; 0 is never
	fails    atomic.Pointer[error]

	mu      sync.Mutex
	changed *sync.Cond // of bodies
	bodies  int        // that are open
	sizes   []int64    // of Puts, as declared or found
	calls   []belowCall
	damaged map[string]bool
}

// belowCall is one call that reached the store.
type belowCall struct {
	op    files.Op
	name  string
	value any // of the context, under belowKey
}

type belowKey struct{}

// sdkClient stands for an SDK's own client, which As gives away.
type sdkClient struct{ store *belowStore }

const signedHost = "https://signed.example/"

func newBelow(change func(*files.Features)) *belowStore {
	s := &belowStore{Memory: driver.Unwrap(mem.New(nil)).(check.Memory), damaged: map[string]bool{}}
	s.changed = sync.NewCond(&s.mu)
	s.features = s.Memory.Features()
	s.features.SignGet, s.features.SignPut, s.features.SignDelete, s.features.SignContentType =
		true, true, true, true
	if change != nil {
		change(&s.features)
	}
	s.unordered = !s.features.Ordered
	return s
}

func (s *belowStore) Features() files.Features { return s.features }

func (b *below) Close() error {
	b.closes.Add(1)
	return nil
}

// enter notes the call, and says why it fails.
func (s *belowStore) enter(ctx context.Context, op files.Op, name string) error {
	s.mu.Lock()
	s.calls = append(s.calls, belowCall{op, name, ctx.Value(belowKey{})})
	s.mu.Unlock()
	if s.vanished.Load() {
		return files.ErrNoBucket
	}
	if err := s.fails.Load(); err != nil {
		return *err
	}
	return nil
}

// seen returns the calls since the last time.
func (s *belowStore) seen() []belowCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls
	s.calls = nil
	return c
}

// told takes from an Info what the features don't claim.
func (s *belowStore) told(i files.Info) files.Info {
	if !s.features.Versions {
		i.Version = ""
	}
	if !s.features.Digests {
		i.Digest = files.Digest{}
	}
	return i
}

func (s *belowStore) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := s.enter(ctx, files.OpPut, req.Name); err != nil {
		return files.Info{}, err
	}
	s.mu.Lock()
	s.sizes = append(s.sizes, req.Size)
	s.mu.Unlock()
	if s.failPuts.Add(-1) >= 0 {
		io.CopyN(io.Discard, req.Content, req.Size/2)
		return files.Info{}, files.Errorf(files.ErrUnavailable, "the connection broke")
	}
	i, err := s.Memory.Put(ctx, req)
	if err == nil {
		s.mu.Lock()
		delete(s.damaged, req.Name)
		s.mu.Unlock()
	}
	return s.told(i), err
}

// sent returns the sizes of the Puts since the last time.
func (s *belowStore) sent() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := s.sizes
	s.sizes = nil
	return sizes
}

func (s *belowStore) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if err := s.enter(ctx, files.OpGet, req.Key.Name); err != nil {
		return driver.Object{}, err
	}
	o, err := s.Memory.Open(ctx, req)
	if err != nil {
		return o, err
	}
	o.Info = s.told(o.Info)
	var r io.Reader = bytes.NewReader(nil)
	if o.Body != nil {
		r = o.Body
	}
	s.mu.Lock()
	s.bodies++
	if at := o.Info.Size / 2; s.damaged[req.Key.Name] && at >= o.Offset {
		r = check.Flip(r, int(at-o.Offset))
	}
	s.mu.Unlock()
	if n := s.cut.Load(); n > 0 {
		r = &breaking{r, n - 1}
	}
	o.Body = &belowBody{Reader: r, store: s}
	return o, nil
}

// allClosed waits until no body is open, and tells how many are after the wait.
func (s *belowStore) allClosed(wait time.Duration) int {
	late := false
	defer time.AfterFunc(wait, func() {
		s.mu.Lock()
		late = true
		s.mu.Unlock()
		s.changed.Broadcast()
	}).Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bodies > 0 && !late {
		s.changed.Wait()
	}
	return s.bodies
}

func (s *belowStore) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	if err := s.enter(ctx, files.OpStat, key.Name); err != nil {
		return files.Info{}, err
	}
	i, err := s.Memory.Stat(ctx, key)
	return s.told(i), err
}

func (s *belowStore) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if err := s.enter(ctx, files.OpList, req.Prefix); err != nil {
			yield(files.Entry{}, err)
			return
		}
		var later []files.Entry // every second one, where the order isn't kept
		n := 0
		for e, err := range s.Memory.List(ctx, req) {
			if err != nil {
				yield(files.Entry{}, err)
				return
			}
			if !s.features.Versions {
				e.Version = ""
			}
			if n++; s.unordered && n%2 == 1 {
				later = append(later, e)
			} else if !yield(e, nil) {
				return
			}
		}
		for _, e := range later {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *belowStore) Delete(ctx context.Context, key driver.Key, v files.Version) error {
	if err := s.enter(ctx, files.OpDelete, key.Name); err != nil {
		return err
	}
	return s.Memory.Delete(ctx, key, v)
}

func (s *belowStore) DeleteMany(ctx context.Context, names []string) []error {
	if err := s.enter(ctx, files.OpDeleteMany, ""); err != nil {
		errs := make([]error, len(names))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	return s.Memory.DeleteMany(ctx, names)
}

func (b *below) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*below)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	if err := b.enter(ctx, files.OpCopy, req.Dst); err != nil {
		return files.Info{}, err
	}
	i, err := b.Memory.Copy(ctx, src.Memory, req)
	return b.told(i), err
}

func (s *belowStore) SignURL(ctx context.Context, name string,
	o files.SignOptions) (files.SignedURL, error) {
	if err := s.enter(ctx, files.OpSignGet, name); err != nil {
		return files.SignedURL{}, err
	}
	u := signedHost + url.PathEscape(name) + "?method=" + o.Method
	signed := files.SignedURL{Method: o.Method, URL: u, Expires: time.Now().Add(o.Expiry).UTC()}
	if o.ContentType != "" {
		signed.Header = map[string][]string{"Content-Type": {o.ContentType}}
	}
	return signed, nil
}

func (s *belowStore) Check(ctx context.Context) error { return s.enter(ctx, files.OpCheck, "") }

func (s *belowStore) As(target any) bool {
	c, ok := target.(**sdkClient)
	if ok {
		*c = &sdkClient{s}
	}
	return ok
}

// damage changes a byte of every file that is there.
func (s *belowStore) damage(ctx context.Context) {
	for e := range s.Memory.List(ctx, driver.ListRequest{}) {
		s.mu.Lock()
		s.damaged[e.Name] = true
		s.mu.Unlock()
	}
}

// fail makes every call fail, or none.
func (s *belowStore) fail(err error) {
	if err == nil {
		s.fails.Store(nil)
		return
	}
	s.fails.Store(&err)
}

// ops are the operations among the calls.
func ops(calls []belowCall) (all []files.Op) {
	for _, c := range calls {
		all = append(all, c.op)
	}
	return all
}
