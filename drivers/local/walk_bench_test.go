package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

// makeTree makes n empty files with names of about 12 bytes, perFolder in each folder.
func makeTree(b *testing.B, root string, n, perFolder int) {
	b.Helper()
	dir := ""
	for i := range n {
		if i%perFolder == 0 {
			if dir = root; perFolder < n {
				dir = filepath.Join(root, fmt.Sprintf("d%05d", i/perFolder))
			}
			if err := os.MkdirAll(dir, 0o777); err != nil {
				b.Fatal(err)
			}
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("f%07d.txt", i*1234567%10000000)))
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// benchWalker makes versions in the way that the driver does.
var benchWalker = &walker{
	version: func(dir fsys.Dir, base string, st fsys.Stat) (files.Version, error) {
		buf := strconv.AppendInt(make([]byte, 0, 32), st.ModTime, 16)
		return files.Version(strconv.AppendInt(append(buf, '-'), st.Size, 16)), nil
	},
}

// peak measures the heap until stop is called, which returns the maximum.
func peak() (stop func() uint64) {
	runtime.GC()
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			case <-done:
				result <- most
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-result }
}

// BenchmarkWalk lists with and without size and time, and runs find | sort for
// comparison. peak-MiB is the maximum heap in use. CLOUDFILES_BENCH_FILES is the number
// of files, by default 10,000; CLOUDFILES_BENCH_DIR is where they are made and kept
// between runs.
func BenchmarkWalk(b *testing.B) {
	n := 10000
	if s := os.Getenv("CLOUDFILES_BENCH_FILES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, shape := range []struct {
		name      string
		perFolder int
	}{{"flat", n}, {"tree", 1000}} {
		parent := os.Getenv("CLOUDFILES_BENCH_DIR")
		if parent == "" {
			parent = b.TempDir()
		}
		dir := filepath.Join(parent, fmt.Sprint(shape.name, n))
		if _, err := os.Stat(dir); err != nil {
			makeTree(b, dir, n, shape.perFolder)
		}
		for _, namesOnly := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/namesOnly=%v", shape.name, namesOnly), func(b *testing.B) {
				root := openRoot(b, dir)
				b.ReportAllocs()
				stop := peak()
				for b.Loop() {
					count := 0
					for _, err := range benchWalker.list(context.Background(), root,
						driver.ListRequest{NamesOnly: namesOnly}) {
						if err != nil {
							b.Fatal(err)
						}
						count++
					}
					if count == 0 || count > n {
						b.Fatalf("%d entries", count)
					}
				}
				b.ReportMetric(float64(stop())/(1<<20), "peak-MiB")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n),
					"ns/file")
			})
			b.Run(fmt.Sprintf("%s/namesOnly=%v/find-sort", shape.name, namesOnly),
				func(b *testing.B) {
					line := `find . -type f -printf '%p %s %T@\n' | LC_ALL=C sort >/dev/null`
					if namesOnly {
						line = `find . -type f | LC_ALL=C sort >/dev/null`
					}
					for b.Loop() {
						cmd := exec.Command("sh", "-c", line)
						cmd.Dir = dir
						if out, err := cmd.CombinedOutput(); err != nil {
							b.Skipf("no GNU find here: %v %s", err, out)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n),
						"ns/file")
				})
		}
	}
}

// BenchmarkFileblobPage reads a page of a thousand names of fileblob's listing, in the
// order of a whole listing. fileblob walks the whole tree for each page, and a listing
// of n files has n/1000 pages. For comparison, the driver walks the whole tree once.
func BenchmarkFileblobPage(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "tree")
	const n = 50000
	makeTree(b, dir, n, 1000)
	b.Run("fileblob", func(b *testing.B) {
		bucket, err := fileblob.OpenBucket(dir,
			&fileblob.Options{Metadata: fileblob.MetadataDontWrite})
		if err != nil {
			b.Fatal(err)
		}
		defer bucket.Close()
		token := blob.FirstPageToken
		for b.Loop() {
			if len(token) == 0 {
				token = blob.FirstPageToken
			}
			if _, token, err = bucket.ListPage(b.Context(), token, 1000, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)*n/1000, "ms/listing")
	})
	for _, namesOnly := range []bool{false, true} {
		b.Run(fmt.Sprintf("walk/namesOnly=%v", namesOnly), func(b *testing.B) {
			root := openRoot(b, dir)
			for b.Loop() {
				count := 0
				for _, err := range benchWalker.list(b.Context(), root,
					driver.ListRequest{NamesOnly: namesOnly}) {
					if err != nil {
						b.Fatal(err)
					}
					count++
				}
				if count != n {
					b.Fatalf("%d entries", count)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/listing")
		})
	}
}
