package faultrun

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// leaky uses a bucket in ways that may leak.
type leaky struct {
	t     T
	ctx   context.Context // ends after the last use
	proxy *proxy.Proxy
	b     files.Bucket

	small, large []byte
}

// leakTimeout is the timeout of uses that stall.
const leakTimeout = 40 * time.Millisecond

var (
	errAny    = errors.New("any error")
	errOrNone = errors.New("any error, or none")
	errBroken = errors.New("the content broke off")
)

// use is one use of the bucket, with the fault that its requests get and the error that
// it returns.
type use struct {
	name string
	rule proxy.Rule // the zero rule injects nothing
	ends error      // nil, a sentinel, errAny or errOrNone
	do   func(context.Context) error
}

var (
	reads = func(r *http.Request) bool {
		return r.Method == http.MethodGet || r.Method == http.MethodHead
	}
	bodies = func(r *http.Request) bool { return r.Method == http.MethodGet }
	writes = func(r *http.Request) bool {
		return r.Method == http.MethodPut || r.Method == http.MethodPost
	}
)

// useAll runs every use of the bucket and returns their number.
func (l *leaky) useAll() int {
	l.t.Helper()
	for _, name := range []string{"small", "dir/a", "dir/b", "dir/c"} {
		if err := l.put(l.ctx, name, bytes.NewReader(l.small), nil); err != nil {
			l.t.Fatalf("Put of %s: %v", name, err)
		}
	}
	if err := l.put(l.ctx, "large", bytes.NewReader(l.large), nil); err != nil {
		l.t.Fatalf("Put of a large content: %v", err)
	}
	uses := slices.Concat(l.gets(), l.puts(), l.rest())
	for _, u := range uses {
		remove := func() {}
		if u.rule.Fault.Do != nil {
			remove = l.proxy.Add(u.rule)
		}
		err := u.do(l.ctx)
		remove()
		if ok := err == nil && (u.ends == nil || u.ends == errOrNone) ||
			err != nil && (u.ends == errAny || u.ends == errOrNone ||
				u.ends != nil && errors.Is(err, u.ends)); !ok {
			l.t.Errorf("%s: %v, want %v", u.name, err, u.ends)
		}
	}
	return len(uses)
}

// get opens a file, calls read with its body, and closes it. The context ends only if
// read ends it, because its end would close what the driver leaves open.
func (l *leaky) get(name string, o *files.GetOptions,
	read func(context.CancelFunc, *files.Reader) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		r, err := l.b.Get(ctx, name, o)
		if err != nil {
			cancel()
			return err
		}
		defer r.Close()
		return read(cancel, r)
	}
}

func (l *leaky) gets() []use {
	all := func(_ context.CancelFunc, r *files.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	some := func(_ context.CancelFunc, r *files.Reader) error { _, err := r.ReadN(100); return err }
	none := func(context.CancelFunc, *files.Reader) error { return nil }
	cancelled := func(cancel context.CancelFunc, r *files.Reader) error {
		if _, err := r.ReadN(100); err != nil {
			return err
		}
		cancel()
		_, err := r.ReadN(100)
		return err
	}
	closed := func(_ context.CancelFunc, r *files.Reader) error {
		defer time.AfterFunc(leakTimeout, func() { r.Close() }).Stop()
		_, err := io.Copy(io.Discard, r)
		return err
	}
	timedOut := func(get func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, leakTimeout)
			defer cancel()
			return get(ctx)
		}
	}
	on := func(f proxy.Fault, times int) proxy.Rule {
		return proxy.Rule{
			Match: bodies,
			Fault: f,
			Times: times,
		}
	}
	s := l.proxy.Service()
	return []use{
		{name: "get, read whole", do: l.get("large", nil, all)},
		{name: "get, closed early", do: l.get("large", nil, some)},
		{name: "get, closed unread", do: l.get("large", nil, none)},
		{
			name: "get, cancelled in the middle",
			ends: context.Canceled,
			do:   l.get("large", nil, cancelled),
		},
		{
			name: "get, cancelled and never read again",
			do: l.get("large", nil, func(cancel context.CancelFunc, r *files.Reader) error {
				cancel()
				return nil
			}),
		},
		{
			name: "get, closed during a Read",
			rule: on(proxy.Stall(1000), 0),
			ends: files.ErrClosed,
			do:   l.get("large", nil, closed),
		},
		{
			name: "get, timed out in the middle",
			rule: on(proxy.Stall(1000), 0),
			ends: context.DeadlineExceeded,
			do:   timedOut(l.get("large", nil, all)),
		},
		{
			name: "get, a Read timed out",
			rule: on(proxy.Stall(1000), 0),
			ends: os.ErrDeadlineExceeded,
			do:   l.get("large", &files.GetOptions{ReadTimeout: leakTimeout}, all),
		},
		{
			name: "get, timed out before the response",
			rule: on(proxy.Stall(-1), 0),
			ends: context.DeadlineExceeded,
			do:   timedOut(l.get("large", nil, all)),
		},
		{name: "get, resumed", rule: on(proxy.Truncate(1000), 1), do: l.get("large", nil, all)},
		{
			name: "get, never whole",
			rule: on(proxy.Truncate(0), 0),
			ends: errAny,
			do:   l.get("large", nil, all),
		},
		{
			name: "get of a range",
			do:   l.get("large", &files.GetOptions{Range: files.Bytes(10, 1000)}, all),
		},
		{
			name: "get of a range, closed early",
			do:   l.get("large", &files.GetOptions{Range: files.From(10)}, some),
		},
		{
			name: "get of nothing after the end",
			do:   l.get("small", &files.GetOptions{Range: files.From(1000)}, all),
		},
		{name: "get of a missing file", ends: files.ErrNotExist, do: l.get("missing", nil, all)},
		{
			name: "get, not modified",
			ends: files.ErrNotModified,
			do: func(ctx context.Context) error {
				info, err := l.b.Stat(ctx, "small", nil)
				if err != nil {
					return err
				}
				return l.get("small", &files.GetOptions{IfNotVersion: info.Version}, all)(ctx)
			},
		},
		{
			name: "get, refused",
			rule: on(s.Forbidden(), 0),
			ends: files.ErrPermission,
			do:   l.get("small", nil, all),
		},
		{
			name: "get, a gateway's page",
			rule: on(proxy.HTML(502), 0),
			ends: files.ErrUnavailable,
			do:   l.get("small", nil, all),
		},
		{name: "get, slowed down once", rule: on(s.SlowDown(0), 1), do: l.get("small", nil, all)},
		{
			name: "get, broken connections",
			rule: on(proxy.ResetBefore(), 0),
			ends: files.ErrUnavailable,
			do:   l.get("small", nil, all),
		},
	}
}

// put puts content of unknown length.
func (l *leaky) put(ctx context.Context, name string, content io.Reader,
	o *files.PutOptions) error {
	_, err := l.b.Put(ctx, name, struct{ io.Reader }{content}, o)
	return err
}

func (l *leaky) puts() []use {
	put := func(name string, content []byte, o *files.PutOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			return l.put(ctx, name, bytes.NewReader(content), o)
		}
	}
	fails := func(content []byte) func(context.Context) error {
		return func(ctx context.Context) error {
			return l.put(ctx, "failing",
				io.MultiReader(bytes.NewReader(content), readerFunc(func([]byte) (int, error) {
					return 0, errBroken
				})), nil)
		}
	}
	cancelled := func(content []byte) func(context.Context) error {
		return func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return l.put(ctx, "cancelled",
				io.MultiReader(bytes.NewReader(content), readerFunc(func(p []byte) (int, error) {
					cancel()
					return copy(p, "x"), nil
				})), nil)
		}
	}
	timedOut := func(content []byte) func(context.Context) error {
		return func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 2*leakTimeout)
			defer cancel()
			return l.put(ctx, "timed out", bytes.NewReader(content), nil)
		}
	}
	var list []use
	s := l.proxy.Service()
	on := func(f proxy.Fault, nth int) proxy.Rule {
		return proxy.Rule{
			Match: writes,
			Fault: f,
			Nth:   nth,
		}
	}
	for _, c := range []struct {
		size    string
		content []byte
		nth     int // of the write request that fails: one in the middle of the upload
	}{{"small", l.small, 1}, {"large", l.large, 2}} {
		for _, u := range []use{
			{name: "put", do: put(c.size+" put", c.content, nil)},
			{name: "put whose content fails", ends: errBroken, do: fails(c.content)},
			{
				name: "put, cancelled in the middle",
				ends: context.Canceled,
				do:   cancelled(c.content),
			},
			{
				name: "put, refused",
				rule: on(s.Forbidden(), 0),
				ends: files.ErrPermission,
				do:   put("refused", c.content, nil),
			},
			{
				name: "put, refused in the middle",
				rule: on(s.Forbidden(), c.nth),
				ends: errOrNone,
				do:   put("refused", c.content, nil),
			},
			{
				name: "put, the connection broken once",
				rule: on(proxy.ResetDuring(5), c.nth),
				ends: errOrNone,
				do:   put("broken", c.content, nil),
			},
			{
				name: "put, a response lost",
				rule: on(proxy.ResetAfter(), c.nth),
				ends: errOrNone,
				do:   put("lost", c.content, nil),
			},
			{
				name: "put, broken connections",
				rule: on(proxy.ResetDuring(5), 0),
				ends: errAny,
				do:   put("broken", c.content, nil),
			},
			{
				name: "put, a gateway's page",
				rule: on(proxy.HTML(503), 0),
				ends: errAny,
				do:   put("refused", c.content, nil),
			},
			{
				name: "put, timed out without a response",
				rule: on(proxy.Stall(-1), 0),
				ends: errAny,
				do:   timedOut(c.content),
			},
			{
				name: "put, timed out while the server doesn't read",
				rule: on(proxy.StallUpload(5), 0),
				ends: errAny,
				do:   timedOut(c.content),
			},
			{
				name: "put of a wrong size",
				ends: files.ErrCorrupt,
				do: put("wrong", c.content,
					&files.PutOptions{Size: new(int64(len(c.content) + 1))}),
			},
			{
				name: "put of a new file that exists",
				ends: files.ErrExist,
				do:   put("small", c.content, &files.PutOptions{If: files.IfAbsent()}),
			},
		} {
			u.name = c.size + " " + u.name
			list = append(list, u)
		}
	}
	return list
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (l *leaky) rest() []use {
	list := func(ctx context.Context, o *files.ListOptions, each func() bool) error {
		for _, err := range l.b.List(ctx, "", o) {
			if err != nil {
				return err
			}
			if !each() {
				break
			}
		}
		return nil
	}
	pages := &files.ListOptions{PageSize: 2}
	on := func(f proxy.Fault, nth int) proxy.Rule {
		return proxy.Rule{
			Match: reads,
			Fault: f,
			Nth:   nth,
		}
	}
	whole := func(ctx context.Context) error {
		return list(ctx, pages, func() bool { return true })
	}
	return []use{
		{name: "list", do: whole},
		{
			name: "list, stopped early",
			do: func(ctx context.Context) error {
				return list(ctx, pages, func() bool { return false })
			},
		},
		{
			name: "list, cancelled in the loop",
			ends: context.Canceled,
			do: func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				return list(ctx, pages, func() bool { cancel(); return true })
			},
		},
		{
			name: "list, refused",
			rule: on(l.proxy.Service().Forbidden(), 0),
			ends: files.ErrPermission,
			do:   whole,
		},
		{
			name: "list, the second page refused",
			rule: on(l.proxy.Service().Forbidden(), 2),
			ends: errOrNone,
			do:   whole,
		},
		{name: "list, the second page cut", rule: on(proxy.Truncate(-1), 2), do: whole},
		{
			name: "list, timed out in a page",
			rule: on(proxy.Stall(20), 0),
			ends: context.DeadlineExceeded,
			do: func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, 5*leakTimeout)
				defer cancel()
				return whole(ctx)
			},
		},
		{
			name: "stat of a missing file",
			ends: files.ErrNotExist,
			do: func(ctx context.Context) error {
				_, err := l.b.Stat(ctx, "missing", nil)
				return err
			},
		},
		{
			name: "stat, refused",
			rule: on(l.proxy.Service().Forbidden(), 0),
			ends: files.ErrPermission,
			do: func(ctx context.Context) error {
				_, err := l.b.Stat(ctx, "small", nil)
				return err
			},
		},
		{name: "copy", do: func(ctx context.Context) error {
			_, err := files.Copy(ctx, l.b, "copied", l.b, "small", nil)
			return err
		}},
		{
			name: "copy of a missing file",
			ends: files.ErrNotExist,
			do: func(ctx context.Context) error {
				_, err := files.Copy(ctx, l.b, "copied", l.b, "missing", nil)
				return err
			},
		},
		{
			name: "delete",
			do:   func(ctx context.Context) error { return l.b.Delete(ctx, "copied", nil) },
		},
		{
			name: "delete of a missing file",
			do:   func(ctx context.Context) error { return l.b.Delete(ctx, "missing", nil) },
		},
		{name: "delete of many", do: func(ctx context.Context) error {
			_, err := files.DeleteMany(ctx, l.b,
				slices.Values([]string{"dir/a", "dir/b", "missing"}))
			return err
		}},
	}
}

// meeting holds requests until n have arrived.
func meeting(n int) proxy.Fault {
	var arrived atomic.Int64
	complete := make(chan struct{})
	return proxy.Fault{
		Name: "meeting",
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			if arrived.Add(1) == int64(n) {
				close(complete)
			}
			select {
			case <-complete:
				return next(x.Request)
			case <-x.Request.Context().Done():
				return nil, context.Cause(x.Request.Context())
			}
		},
	}
}
