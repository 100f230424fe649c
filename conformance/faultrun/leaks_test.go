package faultrun_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// leaking is a driver that leaves resources behind.
type leaking struct {
	driver.Backend
	leak func(*driver.Object)
}

func (l *leaking) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := l.Backend.Open(ctx, req)
	if err == nil && o.Body != nil {
		l.leak(&o)
	}
	return o, err
}

// unclosed is a body whose Close leaves it open, unless a Read is under way.
type unclosed struct {
	io.ReadCloser
	reading atomic.Bool
}

func (u *unclosed) Read(p []byte) (int, error) {
	u.reading.Store(true)
	defer u.reading.Store(false)
	return u.ReadCloser.Read(p)
}

func (u *unclosed) Close() error {
	if u.reading.Load() {
		return u.ReadCloser.Close()
	}
	return nil
}

// TestLeaks checks that a correct driver passes, and that a driver that leaks is caught.
func TestLeaks(t *testing.T) {
	end := make(chan struct{})
	var opened sync.Map
	t.Cleanup(func() {
		close(end)
		opened.Range(func(f, _ any) bool { f.(*os.File).Close(); return true })
	})
	for name, c := range map[string]struct {
		leak func(*driver.Object)
		want string
	}{
		"sound": {func(*driver.Object) {}, ""},
		"a body unclosed": {func(o *driver.Object) {
			o.Body = &unclosed{ReadCloser: o.Body}
		}, "goroutines"},
		"a goroutine": {func(*driver.Object) { go func() { <-end }() }, "goroutines"},
		"a descriptor open": {func(*driver.Object) {
			f, _ := os.Open(os.DevNull)
			opened.Store(f, true)
		}, os.DevNull},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.ReadDir("/proc/self/fd"); err != nil && c.want == os.DevNull {
				t.Skip("the system doesn't list descriptors")
			}
			find := faultrun.Leaks
			if c.want != "" {
				// The correct driver runs alone, because other tests of the process open
				// descriptors.
				t.Parallel()
				find = faultrun.LeaksNow
			}
			back, p := start(t, newService())
			v := &verdict{ctx: t.Context()}
			find(v, faultrun.LeakConfig{
				Proxy: p,
				Open:  func() files.Bucket { return driver.New(&leaking{back, c.leak}) },
			})
			if c.want == "" && len(v.said) > 0 || c.want != "" && !slices.ContainsFunc(v.said,
				func(s string) bool {
					return strings.Contains(s, "leave") && strings.Contains(s, c.want)
				}) {
				t.Errorf("want %q; the failures are:\n%s", c.want, strings.Join(v.said, "\n"))
			}
		})
	}
}

// TestConnections checks that buckets that share no transport are caught, and buckets
// that keep too few connections.
func TestConnections(t *testing.T) {
	for name, c := range map[string]struct {
		idle  int
		share bool
		want  string
	}{
		"sound":            {faultrun.MaxIdle, true, ""},
		"too few":          {faultrun.MaxIdle - 2, true, "fewer are kept"},
		"a transport each": {faultrun.MaxIdle, false, "not shared"},
	} {
		t.Run(name, func(t *testing.T) {
			back, p := start(t, newService())
			transport := &http.Transport{MaxIdleConnsPerHost: c.idle}
			v := &verdict{ctx: t.Context()}
			faultrun.Connections(v, p, func() files.Bucket {
				if !c.share {
					transport = transport.Clone()
				}
				t.Cleanup(transport.CloseIdleConnections)
				return driver.New(newBackend(back.url, transport))
			})
			if c.want == "" && len(v.said) > 0 || c.want != "" && !slices.ContainsFunc(v.said,
				func(s string) bool {
					return strings.Contains(s, c.want)
				}) {
				t.Errorf("want %q; the failures are:\n%s", c.want, strings.Join(v.said, "\n"))
			}
		})
	}
}
