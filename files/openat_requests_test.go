package files_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"cloudfiles.dev/files"
)

// TestOpenAtRequests counts the requests of usual ways to read.
func TestOpenAtRequests(t *testing.T) {
	const mega = 1 << 20
	large := randomBytes(10 * mega)
	readAll := func(off, n, step, skip int) func(*testing.T, *files.File) {
		return func(t *testing.T, f *files.File) {
			for end := off + n; off < end; off += step + skip {
				p := make([]byte, min(step, end-off))
				if _, err := f.ReadAt(p, int64(off)); err != nil ||
					!bytes.Equal(p, large[off:off+len(p)]) {
					t.Fatalf("ReadAt(%d) of %d: wrong, %v", len(p), off, err)
				}
			}
		}
	}
	for _, c := range []struct {
		what  string
		read  func(t *testing.T, f *files.File)
		most  int64 // requests
		bytes int64
	}{
		{"nothing", func(*testing.T, *files.File) {}, 1, 2 * blockSize},
		{"all by 32 KiB", readAll(0, 10*mega, 32<<10, 0), 2, 10 * mega},
		{"all by 1,000 bytes", readAll(0, 10*mega, 1000, 0), 2, 10 * mega},
		{"all by 7 bytes of 1 MiB", readAll(3*mega, mega, 7, 0), 3, 2 * mega},
		{"all by 1 MiB", readAll(0, 10*mega, mega, 0), 2, 11 * mega},
		{"all at once", readAll(0, 10*mega, 10*mega, 0), 2, 11 * mega},
		{"all by Read", func(t *testing.T, f *files.File) {
			if p, err := io.ReadAll(f); err != nil || !bytes.Equal(p, large) {
				t.Fatalf("%d bytes, %v", len(p), err)
			}
		}, 2, 10 * mega},
		{"50 times 1,000 bytes, 100 left out", readAll(0, 55_000, 1000, 100), 1, 2 * blockSize},
		{"a section by 512 bytes", func(t *testing.T, f *files.File) {
			s := io.NewSectionReader(f, 5*mega+11, mega)
			p := make([]byte, mega)
			if _, err := io.ReadFull(iotest.OneByteReader(s), p[:9]); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(s,
				p[9:]); err != nil || !bytes.Equal(p, large[5*mega+11:][:mega]) {
				t.Fatal("wrong", err)
			}
		}, 3, 2 * mega},
		{"the last byte", readAll(10*mega-1, 1, 1, 0), 2, 5 * blockSize},
		{"four streams by turns", func(t *testing.T, f *files.File) {
			for i := range 200 {
				for s := range 4 {
					readAll(s*2*mega+mega+i*5000, 5000, 5000, 0)(t, f)
				}
			}
		}, 1 + 4*2, 4*mega + 16*blockSize},
		{"forward, each two blocks exchanged", func(t *testing.T, f *files.File) {
			for i := 0; i < 10*mega/blockSize; i += 2 {
				readAll((i+1)*blockSize, blockSize, blockSize, 0)(t, f)
				readAll(i*blockSize, blockSize, blockSize, 0)(t, f)
			}
		}, 3, 10*mega + 8*blockSize},
		{"a stream, and probes far away", func(t *testing.T, f *files.File) {
			for i := range 100 {
				readAll(i*10_000, 10_000, 10_000, 0)(t, f)
				if i%25 == 24 {
					readAll(9*mega-i*blockSize*2, 100, 100, 0)(t, f)
				}
			}
		}, 2 + 4, mega + 20*blockSize},
		{"at random, then all", func(t *testing.T, f *files.File) {
			for i := range 20 {
				readAll((i*7%20)*mega/2+100_000, 100, 100, 0)(t, f)
			}
			readAll(0, 10*mega, 32<<10, 0)(t, f)
		}, 20 + 1 + 20, 10*mega + 20*2*blockSize},
		{"half of it, then at random", func(t *testing.T, f *files.File) {
			readAll(0, 5*mega, 32<<10, 0)(t, f)
			for i := range 20 {
				readAll(6*mega+(i*7%20)*blockSize*5, 100, 100, 0)(t, f)
			}
		}, 2 + 20, 5*mega + mega + 20*blockSize},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // a stream ends when time passes without reads
				r := newRemote(t)
				r.put(t, "f", large)
				f := openAt(t, r, "f", nil)
				c.read(t, f)
				requests, n := f.Counts()
				if requests != r.gets.Load() || n != r.sent.Load() {
					t.Errorf("Counts = %d, %d; the bucket saw %d, %d", requests, n, r.gets.Load(),
						r.sent.Load())
				}
				if requests > c.most {
					t.Errorf("%d requests, want at most %d", requests, c.most)
				}
				if n > c.bytes {
					t.Errorf("%d bytes, want at most %d", n, c.bytes)
				}
			})
		})
	}
}

// TestTailOfAFile: a read at the beginning of the last 64 KiB fetches these, although
// reads at random have made other reads fetch single blocks.
func TestTailOfAFile(t *testing.T) {
	const blocks = 40
	r := newRemote(t)
	r.put(t, "f", randomBytes(blocks*blockSize))
	f := openAt(t, r, "f", nil)
	for _, c := range []struct {
		block, requests, fetched int64
	}{
		{5, 1, 4},
		{15, 1, 2},
		{25, 1, 1},
		{30, 1, 1},
		{blocks - 2, 1, 2},
		{blocks - 1, 0, 0},
	} {
		requests, n := f.Counts()
		if _, err := f.ReadAt(make([]byte, 10), c.block*blockSize); err != nil {
			t.Fatal(err)
		}
		requestsNow, now := f.Counts()
		if requestsNow-requests != c.requests || now-n != c.fetched*blockSize {
			t.Errorf("a read in block %d made %d requests for %d bytes, want %d for %d", c.block,
				requestsNow-requests, now-n, c.requests, c.fetched*blockSize)
		}
	}
}

// TestRandomReads: random reads take at most as many requests and blocks as there are
// reads.
func TestRandomReads(t *testing.T) {
	const size, reads = 64 << 20, 500
	r := newRemote(t)
	content := randomBytes(size)
	r.put(t, "f", content)
	f := openAt(t, r, "f", nil)
	rng := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	offs := make(chan int)
	for range 16 {
		wg.Go(func() {
			p := make([]byte, 4096)
			for off := range offs {
				if _, err := f.ReadAt(p, int64(off)); err != nil ||
					!bytes.Equal(p, content[off:off+len(p)]) {
					t.Errorf("ReadAt(%d): wrong, %v", off, err)
				}
			}
		})
	}
	for range reads {
		offs <- rng.IntN(size/4096) * 4096
	}
	close(offs)
	wg.Wait()
	if n := r.gets.Load(); n > reads {
		t.Errorf("%d requests for %d reads, want at most %v", n, reads, reads)
	}
	if n := r.sent.Load(); n > reads*blockSize {
		t.Errorf("%d bytes for %d reads, want at most reads*blockSize", n, reads)
	}
}

// archive is a zip file of 100 stored members of 100 kB.
func archive(t testing.TB) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	content := randomBytes(200_000)
	for i := range 100 {
		m, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("m%02d", i), Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		m.Write(content[i : i+100_000])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestZip: archive/zip reads an archive in few requests, by OpenAt and by the io/fs
// view.
func TestZip(t *testing.T) {
	data := archive(t)
	for _, way := range []string{"OpenAt", "FS"} {
		for _, what := range []string{"in order", "one in the middle"} {
			t.Run(way+"/"+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // as above
					readZip(t, data, way, what == "one in the middle")
				})
			})
		}
	}
}

func readZip(t *testing.T, data []byte, way string, one bool) {
	t.Helper()
	content := randomBytes(200_000)
	r := newRemote(t)
	r.put(t, "a.zip", data)
	var at io.ReaderAt
	if way == "OpenAt" {
		at = openAt(t, r, "a.zip", nil)
	} else {
		f, err := files.FS(t.Context(), r, nil).Open("a.zip")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		at = f.(io.ReaderAt)
	}
	z, err := zip.NewReader(at, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range z.File {
		if one && i != 50 {
			continue
		}
		p, err := fs.ReadFile(z, m.Name)
		if err != nil || !bytes.Equal(p, content[i:i+100_000]) {
			t.Fatalf("%s: %d bytes, %v", m.Name, len(p), err)
		}
	}
	if n := r.gets.Load(); n > 3 {
		t.Errorf("%d requests, want at most 3", n)
	}
}
