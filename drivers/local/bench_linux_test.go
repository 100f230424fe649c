package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// barePut is what the driver is compared with: it writes a temporary file and renames
// it, and syncs both if sync is set.
func barePut(dir, name string, p []byte, sync bool) error {
	f, err := os.CreateTemp(dir, "tmp")
	if err != nil {
		return err
	}
	if _, err = f.Write(p); err == nil && sync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil || !sync {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func benchmarkPut(b *testing.B, size int, put func(dir string) func(name string, p []byte) error) {
	p := bytes.Repeat([]byte("0123456789abcde\n"), size/16)
	f := put(b.TempDir())
	b.SetBytes(int64(size))
	b.ReportAllocs()
	start := cpu()
	defer func() { b.ReportMetric(float64(cpu()-start)/float64(b.N), "cpu-ns/op") }()
	for i := 0; b.Loop(); i++ {
		if err := f(fmt.Sprintf("file-%d.txt", i), p); err != nil {
			b.Fatal(err)
		}
	}
}

// cpu returns the processor time of the process in nanoseconds, which is the better
// measure on a busy machine.
func cpu() int64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Utime.Nano() + r.Stime.Nano()
}

func BenchmarkPut1KiB(b *testing.B) {
	meta := files.Attributes{Metadata: map[string]string{"owner": "me"}}
	for _, sync := range []bool{false, true} {
		s := map[bool]string{false: "none", true: "full"}[sync]
		b.Run("sync="+s+"/bare", func(b *testing.B) {
			benchmarkPut(b, 1024, func(dir string) func(string, []byte) error {
				return func(name string, p []byte) error { return barePut(dir, name, p, sync) }
			})
		})
		for _, a := range []struct {
			name  string
			attrs files.Attributes
		}{{"plain", files.Attributes{}}, {"sidecar", meta}} {
			b.Run("sync="+s+"/"+a.name, func(b *testing.B) {
				benchmarkPut(b, 1024, func(dir string) func(string, []byte) error {
					bucket := openBucket(b, dir, &Options{NoSync: !sync})
					return func(name string, p []byte) error {
						_, err := bucket.Put(context.Background(), name, bytes.NewReader(p),
							&files.PutOptions{Attributes: a.attrs})
						return err
					}
				})
			})
		}
	}
}

// BenchmarkDriver runs the benchmarks that every driver has. Nothing is synced, because
// the disk's time would hide the driver's.
func BenchmarkDriver(b *testing.B) {
	conformance.Bench(b, harness(&Options{NoSync: true}, fsys.OS))
}

// BenchmarkGet1GiB reads a file of 1 GiB from the page cache.
func BenchmarkGet1GiB(b *testing.B) {
	const size = 1 << 30
	bucket, dir := newBucket(b, &Options{NoSync: true})
	if _, err := bucket.Put(context.Background(), "a.bin", io.LimitReader(zeros{}, size),
		nil); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(size)
		buf := make([]byte, 1<<20)
		for b.Loop() {
			f, err := os.Open(filepath.Join(dir, "a.bin"))
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = f.Read(buf)
			}
			f.Close()
		}
	})
	for _, skip := range []bool{true, false} {
		b.Run(fmt.Sprintf("verify=%v", !skip), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				r, err := bucket.Get(context.Background(), "a.bin",
					&files.GetOptions{SkipVerify: skip})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

func BenchmarkGet1KiB(b *testing.B) {
	bucket, dir := newBucket(b, &Options{NoSync: true})
	if _, err := bucket.Put(context.Background(), "a.txt", bytes.NewReader(make([]byte, 1024)),
		nil); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.ReadFile(filepath.Join(dir, "a.txt")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := bucket.Get(context.Background(), "a.txt", nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	})
	b.Run("stat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bucket.Stat(context.Background(), "a.txt", nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
