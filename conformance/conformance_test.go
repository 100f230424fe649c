package conformance_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestMap runs a part of the suite: TestSound runs all of it on the same map.
func TestMap(t *testing.T) {
	rerun.Part(t, mapHarness(), "")
}

// busyLimit is how long a case may take on a machine that also runs other tests.
const busyLimit = 4 * time.Minute

// mapHarness makes map buckets. A second handle is another bucket on the same map.
func mapHarness() conformance.Harness {
	return conformance.Harness{
		Limit: busyLimit,
		New:   func(conformance.T) files.Bucket { return driver.New(newMap()) },
		Second: func(_ conformance.T, b files.Bucket) files.Bucket {
			return driver.New(driver.Unwrap(b))
		},
		Damage: func(_ conformance.T, b files.Bucket, name string) {
			driver.Unwrap(b).(*mapBackend).damage(name)
		},
		Append: func(_ conformance.T, b files.Bucket, name string, content []byte) {
			driver.Unwrap(b).(*mapBackend).grow(name, content)
		},
		Extend: func(_ conformance.T, b files.Bucket, name string, size int64) {
			driver.Unwrap(b).(*mapBackend).extend(name, size)
		},
		Unreadable: func(_ conformance.T, b files.Bucket, dir string) files.Bucket {
			return driver.New(&partly{driver.Unwrap(b).(*mapBackend), dir, nil})
		},
		Cut: func(_ conformance.T, b files.Bucket, n int64) {
			driver.Unwrap(b).(*mapBackend).cut.Store(n + 1)
		},
	}
}

var memCount atomic.Int64

// memName names a store that no other test has.
func memName() string { return fmt.Sprintf("conformance-%d", memCount.Add(1)) }

// memHarness makes buckets in named memory, each wrapped by wrap.
func memHarness(wrap func(files.Bucket) files.Bucket) conformance.Harness {
	return memHarnessOf(wrap, "")
}

// memHarnessOf is memHarness with URLs that have these parameters.
func memHarnessOf(wrap func(files.Bucket) files.Bucket, params string) conformance.Harness {
	var names sync.Map // of the store of each bucket
	open := func(t conformance.T, name string) files.Bucket {
		inner, err := files.Open(context.Background(), "mem://"+name+params)
		if err != nil {
			panic(err) // the test's own parameters are wrong
		}
		b := wrap(inner)
		names.Store(b, name)
		t.Cleanup(func() { names.Delete(b) }) // with what the case stored
		return b
	}
	return conformance.Harness{
		Limit: busyLimit,
		New:   func(t conformance.T) files.Bucket { return open(t, memName()) },
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			name, _ := names.Load(b)
			return open(t, name.(string))
		},
		URL: func(conformance.T) string { return "mem://" + memName() + params },
	}
}

func TestMem(t *testing.T) {
	h := memHarness(bare)
	h.Name = "mem"
	h.Unclaimed = map[string]string{
		"VersionPerPut": "the same bytes have the same version again, as on S3, unless an " +
			"option says otherwise",
	}
	maps.Copy(h.Unclaimed, memLacks)
	conformance.Run(t, h)
}

// memLacks says what memory can't do.
var memLacks = map[string]string{
	"Durable":    "memory ends with the process",
	"SignGet":    "memory has no server that could serve a URL",
	"SignPut":    "memory has no server that could serve a URL",
	"SignDelete": "memory has no server that could serve a URL",
}

// TestMemStrong runs the suite on memory with all options that make it claim more.
func TestMemStrong(t *testing.T) {
	const params = "?put_time=true&copy_info=true&version_per_put=true" +
		"&given_digests=true&time_resolution=1ns"
	h := memHarnessOf(bare, params)
	h.Unclaimed = memLacks
	rerun.Part(t, h, "")
}

// sub returns a view of a directory that doesn't own its bucket.
func sub(b files.Bucket) files.Bucket {
	s, err := files.Sub(b, "tenants/äöü 1")
	if err != nil {
		panic(err)
	}
	return s
}

func TestMemSub(t *testing.T) {
	h := memHarness(sub)
	h.Secrets = func(files.Bucket) []string { return []string{"tenants"} }
	rerun.Part(t, h, rerun.Names)
}

// stack returns three wrappers: one that counts, one that passes contents and bodies
// through readers of its own, and one that renames.
func stack(b files.Bucket) files.Bucket {
	var calls, bytes atomic.Int64
	counted := files.Wrap(b, files.Hooks{
		CloseInner: true,
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			calls.Add(1)
			return next(ctx)
		},
		Done: func(_ context.Context, _ *files.Call, n int64, _ error) { bytes.Add(n) },
	})
	hooked := files.Wrap(counted, files.Hooks{
		CloseInner: true,
		Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return through{r}
		},
		Body:  func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return through{r} },
		Entry: func(*files.Call, files.Entry) bool { return true },
	})
	s, err := files.Sub(hooked, "below")
	if err != nil {
		panic(err)
	}
	return s
}

// through hides everything but Read.
type through struct{ io.Reader }

func TestMemStack(t *testing.T) {
	rerun.Part(t, memHarness(stack), "")
}

// half reads through a read-only view and writes to the inner bucket.
type half struct {
	files.Bucket // the view
	write        files.Bucket
}

func (h half) Features() files.Features {
	f := h.write.Features()
	f.ServerCopy = false // the type has no such method
	return f
}
func (h half) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return h.write.Put(ctx, name, content, opts)
}
func (h half) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	return h.write.Delete(ctx, name, opts)
}
func (h half) Close() error {
	h.Bucket.Close()
	return h.write.Close()
}

func TestMemReadOnlyHalf(t *testing.T) {
	rerun.Part(t, memHarness(func(b files.Bucket) files.Bucket {
		return half{files.ReadOnly(b), b}
	}), "")
}
