package wrappers

import (
	"bytes"
	"context"
	"io"
	"iter"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// innerHandle is the backend of an inner bucket. It is memory that refuses what its
// features don't claim, and that records the calls.
type innerHandle struct {
	*innerStore
	closes atomic.Int64
}

// innerStore is what the handles of one store share.
type innerStore struct {
	check.Memory
	features  files.Features
	unordered bool

	vanished atomic.Bool
	failPuts atomic.Int64 // how many Puts fail in their middle
	cut      atomic.Int64 // bodies break after cut-1 bytes; 0 is never
	fails    atomic.Pointer[error]

	mu      sync.Mutex
	changed *sync.Cond // when bodies changes
	bodies  int        // how many are open
	sizes   []int64    // of Puts, as declared or found
	calls   []innerCall
	damaged map[string]bool
}

// innerCall is one call that reached the store.
type innerCall struct {
	op    files.Op
	name  string
	value any // of innerKey in the context
}

type innerKey struct{}

// sdkClient is the client that As finds.
type sdkClient struct{ store *innerStore }

const signedHost = "https://signed.example/"

func newInnerStore(change func(*files.Features)) *innerStore {
	s := &innerStore{Memory: driver.Unwrap(mem.New(nil)).(check.Memory), damaged: map[string]bool{}}
	s.changed = sync.NewCond(&s.mu)
	s.features = s.Memory.Features()
	s.features.SignGet, s.features.SignPut, s.features.SignDelete, s.features.SignContentType =
		true, true, true, true
	s.features.SignHead, s.features.SignResponse, s.features.SignSize, s.features.SignIfAbsent =
		true, true, true, true
	if change != nil {
		change(&s.features)
	}
	s.unordered = !s.features.Ordered
	return s
}

func (s *innerStore) Features() files.Features { return s.features }

func (b *innerHandle) Close() error {
	b.closes.Add(1)
	return nil
}

// enter notes the call, and returns the error with which it must fail.
func (s *innerStore) enter(ctx context.Context, op files.Op, name string) error {
	s.mu.Lock()
	s.calls = append(s.calls, innerCall{op, name, ctx.Value(innerKey{})})
	s.mu.Unlock()
	if s.vanished.Load() {
		return files.ErrNoBucket
	}
	if err := s.fails.Load(); err != nil {
		return *err
	}
	return nil
}

// seen returns the calls since it was last called.
func (s *innerStore) seen() []innerCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls
	s.calls = nil
	return c
}

// masked removes from an Info what the features don't claim.
func (s *innerStore) masked(i files.Info) files.Info {
	if !s.features.Versions {
		i.Version = ""
	}
	if !s.features.Digests {
		i.Digest = files.Digest{}
	}
	return i
}

func (s *innerStore) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := s.enter(ctx, files.OpPut, req.Name); err != nil {
		return files.Info{}, err
	}
	s.mu.Lock()
	s.sizes = append(s.sizes, req.Size)
	s.mu.Unlock()
	if s.failPuts.Add(-1) >= 0 {
		io.CopyN(io.Discard, req.Content, req.Size/2)
		return files.Info{}, driver.Errorf(files.ErrUnavailable, "the connection broke")
	}
	i, err := s.Memory.Put(ctx, req)
	if err == nil {
		s.mu.Lock()
		delete(s.damaged, req.Name)
		s.mu.Unlock()
	}
	return s.masked(i), err
}

// sent returns the sizes of the Puts since it was last called.
func (s *innerStore) sent() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := s.sizes
	s.sizes = nil
	return sizes
}

func (s *innerStore) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if err := s.enter(ctx, files.OpGet, req.Key.Name); err != nil {
		return driver.Object{}, err
	}
	o, err := s.Memory.Open(ctx, req)
	if err != nil {
		return o, err
	}
	o.Info = s.masked(o.Info)
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
	o.Body = &innerBody{Reader: r, store: s}
	return o, nil
}

// allClosed waits until no body is open, and returns how many are open after the wait.
func (s *innerStore) allClosed(wait time.Duration) int {
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

func (s *innerStore) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	if err := s.enter(ctx, files.OpStat, key.Name); err != nil {
		return files.Info{}, err
	}
	i, err := s.Memory.Stat(ctx, key)
	return s.masked(i), err
}

func (s *innerStore) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if err := s.enter(ctx, files.OpList, req.Prefix); err != nil {
			yield(files.Entry{}, err)
			return
		}
		var later []files.Entry // every second entry, if the bucket doesn't claim an order
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

func (s *innerStore) Delete(ctx context.Context, key driver.Key, v files.Version) error {
	if err := s.enter(ctx, files.OpDelete, key.Name); err != nil {
		return err
	}
	return s.Memory.Delete(ctx, key, v)
}

func (s *innerStore) DeleteMany(ctx context.Context, names []string) []error {
	if err := s.enter(ctx, files.OpDeleteMany, ""); err != nil {
		errs := make([]error, len(names))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	return s.Memory.DeleteMany(ctx, names)
}

func (b *innerHandle) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*innerHandle)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	if err := b.enter(ctx, files.OpCopy, req.Dst); err != nil {
		return files.Info{}, err
	}
	i, err := b.Memory.Copy(ctx, src.Memory, req)
	return b.masked(i), err
}

func (s *innerStore) SignURL(ctx context.Context, name string,
	o files.SignOptions) (files.SignedURL, error) {
	if err := s.enter(ctx, files.OpSignGet, name); err != nil {
		return files.SignedURL{}, err
	}
	u := signedHost + url.PathEscape(name) + "?method=" + o.Method
	if o.ResponseType != "" || o.ResponseDisposition != "" {
		u += "&response=" + url.QueryEscape(o.ResponseType+" "+o.ResponseDisposition)
	}
	signed := files.SignedURL{Method: o.Method, URL: u, Expires: time.Now().Add(o.Expiry).UTC()}
	if o.ContentType != "" {
		signed.Header = map[string][]string{"Content-Type": {o.ContentType}}
	}
	if o.Size > 0 {
		signed.URL += "&size=" + strconv.FormatInt(o.Size, 10)
	}
	if o.IfAbsent {
		signed.URL += "&absent=true"
	}
	return signed, nil
}

func (s *innerStore) Check(ctx context.Context) error { return s.enter(ctx, files.OpCheck, "") }

func (s *innerStore) As(target any) bool {
	c, ok := target.(**sdkClient)
	if ok {
		*c = &sdkClient{s}
	}
	return ok
}

// damage makes a byte of every existing file wrong when it is read.
func (s *innerStore) damage(ctx context.Context) {
	for e := range s.Memory.List(ctx, driver.ListRequest{}) {
		s.mu.Lock()
		s.damaged[e.Name] = true
		s.mu.Unlock()
	}
}

// fail makes every call fail with err, or none if err is nil.
func (s *innerStore) fail(err error) {
	if err == nil {
		s.fails.Store(nil)
		return
	}
	s.fails.Store(&err)
}

// ops returns the operations of the calls.
func ops(calls []innerCall) (all []files.Op) {
	for _, c := range calls {
		all = append(all, c.op)
	}
	return all
}
