//go:build unix

package gcs

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"google.golang.org/api/iterator"
)

// peer does what the driver does, in another way.
type peer struct {
	name         string
	put          func(ctx context.Context, name string, content []byte) error
	get          func(ctx context.Context, name string) error
	stat, remove func(ctx context.Context, name string) error
	list         func(ctx context.Context) (int, error)
}

// peers are this driver, the bare SDK and the bare Go CDK, on one server.
func peers(t testing.TB) []peer {
	t.Helper()
	s := testserver.Start(t, testserver.FakeGCS)
	b, err := files.Open(t.Context(), s.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	client, _ := files.As[*storage.Client](b)
	raw, _ := files.As[*blob.Bucket](b)
	return []peer{{
		name: "driver",
		put: func(ctx context.Context, name string, content []byte) error {
			_, err := b.Put(ctx, name, bytes.NewReader(content), &files.PutOptions{Attributes: files.Attributes{ContentType: "text/plain"}})
			return err
		},
		get: func(ctx context.Context, name string) error {
			r, err := b.Get(ctx, name, nil)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, r)
			return err
		},
		stat:   func(ctx context.Context, name string) error { _, err := b.Stat(ctx, name, nil); return err },
		remove: func(ctx context.Context, name string) error { return b.Delete(ctx, name, nil) },
		list: func(ctx context.Context) (n int, err error) {
			for _, err := range b.List(ctx, "list", nil) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		},
	}, sdkPeer(client.Bucket(driver.Unwrap(b).(*backend).bucket)), {
		name: "gocdk",
		put: func(ctx context.Context, name string, content []byte) error {
			return raw.WriteAll(ctx, name, content, &blob.WriterOptions{ContentType: "text/plain"})
		},
		get: func(ctx context.Context, name string) error {
			r, err := raw.NewReader(ctx, name, nil)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, r)
			return err
		},
		stat:   func(ctx context.Context, name string) error { _, err := raw.Attributes(ctx, name); return err },
		remove: raw.Delete,
		list: func(ctx context.Context) (n int, err error) {
			for i := raw.List(&blob.ListOptions{Prefix: "list/"}); ; n++ {
				if _, err := i.Next(ctx); err != nil {
					if err == io.EOF {
						err = nil
					}
					return n, err
				}
			}
		},
	}}
}

// sdkPeer is the SDK as a program would use it: with a chunk size of 0 it sends in one request without a buffer.
func sdkPeer(bucket *storage.BucketHandle) peer {
	return peer{
		name: "sdk",
		put: func(ctx context.Context, name string, content []byte) error {
			w := bucket.Object(name).NewWriter(ctx)
			w.ChunkSize, w.ContentType = 0, "text/plain"
			if _, err := w.Write(content); err != nil {
				return err
			}
			return w.Close()
		},
		get: func(ctx context.Context, name string) error {
			r, err := bucket.Object(name).NewReader(ctx)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, r)
			return err
		},
		stat:   func(ctx context.Context, name string) error { _, err := bucket.Object(name).Attrs(ctx); return err },
		remove: func(ctx context.Context, name string) error { return bucket.Object(name).Delete(ctx) },
		list: func(ctx context.Context) (n int, err error) {
			q := &storage.Query{Prefix: "list/", Projection: storage.ProjectionNoACL}
			if err := q.SetAttrSelection([]string{"Name", "Size", "Updated", "Generation"}); err != nil {
				return 0, err
			}
			for i := bucket.Objects(ctx, q); ; n++ {
				if _, err := i.Next(); err != nil {
					if errors.Is(err, iterator.Done) {
						err = nil
					}
					return n, err
				}
			}
		},
	}
}

// operations are what is compared, by name; each prepares what it needs.
func operations(t testing.TB, p peer, size int) map[string]func() error {
	ctx := t.Context()
	content := make([]byte, size)
	rand.Read(content)
	name := p.name + "/file"
	if err := p.put(ctx, name, content); err != nil {
		t.Fatal(err)
	}
	return map[string]func() error{
		"put":  func() error { return p.put(ctx, name, content) },
		"get":  func() error { return p.get(ctx, name) },
		"stat": func() error { return p.stat(ctx, name) },
		"put and delete": func() error {
			if err := p.put(ctx, name+"2", content); err != nil {
				return err
			}
			return p.remove(ctx, name+"2")
		},
	}
}

// BenchmarkPeers compares on one server: go test -run '^$' -bench Peers -count 6. cpu-ns/op is this process's, without the server's.
func BenchmarkPeers(b *testing.B) {
	all := peers(b)
	for i := range 1000 {
		if err := all[0].put(b.Context(), fmt.Sprintf("list/%03d", i), []byte("x")); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{kib, mib} {
		for _, op := range []string{"put", "get", "stat", "put and delete"} {
			for _, p := range all {
				do := operations(b, p, size)[op]
				b.Run(fmt.Sprintf("op=%s/size=%d/impl=%s", strings.ReplaceAll(op, " ", "-"), size, p.name), func(b *testing.B) { measure(b, do) })
			}
		}
	}
	for _, p := range all {
		b.Run("op=list/names=1000/impl="+p.name, func(b *testing.B) {
			measure(b, func() error {
				if n, err := p.list(b.Context()); n != 1000 || err != nil {
					return fmt.Errorf("%d names, %w", n, err)
				}
				return nil
			})
		})
	}
}

func measure(b *testing.B, do func() error) {
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
}

// cpu is the time that this process has computed.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestAllocations: an operation allocates at most 1.1 times what it does on the bare SDK, and no more than on the bare Go CDK.
func TestAllocations(t *testing.T) {
	all := peers(t)
	counts := map[string]map[string]float64{}
	for _, p := range all {
		for op, do := range operations(t, p, kib) {
			if counts[op] == nil {
				counts[op] = map[string]float64{}
			}
			counts[op][p.name] = testing.AllocsPerRun(100, func() {
				if err := do(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
	for op, c := range counts {
		t.Logf("%s: %v", op, c)
		if c["driver"] > 1.1*c["sdk"] || c["driver"] > c["gocdk"] {
			t.Errorf("%s allocates %.0f times, %.0f on the SDK, %.0f on the Go CDK", op, c["driver"], c["sdk"], c["gocdk"])
		}
	}
}
