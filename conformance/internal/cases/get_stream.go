package cases

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing/iotest"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var getStreamCases = []suite.Case{
	{
		Rule: "G7",
		Name: "io-reader",
		Why:  "a body must keep io.Reader's contract",
		Run:  readerContract,
	},
	{
		Rule: "G7",
		Name: "small-buffers",
		Why:  "a body must be readable with buffers of any size",
		Run:  readerBuffers,
	},
	{
		Rule: "G7",
		Name: "chunks",
		Why:  "Chunks must yield the whole file, in pieces of the size that was asked for",
		Run:  readerChunks,
	},
	{
		Rule:    "G7",
		Name:    "all-at-once",
		Why:     "ReadAll, ReadN and WriteTo must return what Read returns",
		Largest: 3 << 20,
		Run:     readerAll,
	},
	{
		Rule: "G7",
		Name: "mixed",
		Why:  "ReadN and Read must each continue where the other ended",
		Run:  readerMixed,
	},
	{
		Rule:    "G7",
		Name:    "to-file",
		Why:     "a body that is copied to a file must have the same bytes as one that is read",
		Largest: 3 << 20,
		Run:     readerToFile,
	},
}

// open gets the file. The Reader is closed when the case ends.
func open(t suite.T, b files.Bucket, name string, opts *files.GetOptions) *files.Reader {
	t.Helper()
	r, err := b.Get(t.Context(), name, opts)
	if err != nil {
		t.Fatalf("Get(%s): %v, want no error", term.Quote(name), err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func readerContract(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 1023, 1024, 5000, 100_000} {
		c := check.Content(n, n)
		check.Put(t, h, "a", c, nil)
		if err := iotest.TestReader(open(t, h, "a", nil), c); err != nil {
			t.Errorf("testing/iotest on %d bytes: %.120v, want no error", n, err)
		}
		if err := iotest.TestReader(open(t, h, "a",
			&files.GetOptions{Range: files.Bytes(int64(n/3), int64(n/3))}),
			c[n/3:n/3*2]); err != nil {
			t.Errorf("testing/iotest on a range of %d bytes: %.120v, want no error", n, err)
		}
	}
}

func readerBuffers(t suite.T, h *suite.H) {
	c := check.Content(1, 10_000)
	check.Put(t, h, "a", c, nil)
	for _, size := range []int{1, 2, 7, 1024, 4096, 9999, 10_000, 10_001, 1 << 20} {
		r := open(t, h, "a", nil)
		var got []byte
		buf := make([]byte, size)
		for zero := 0; ; {
			n, err := r.Read(buf)
			got = append(got, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("Read: %v, want no error", err)
			}
			if n > 0 {
				zero = 0
			} else if zero++; zero > 100 {
				t.Fatalf("100 Reads in a row returned no bytes and no error")
			}
		}
		if d := check.Diff(got, c); d != "" {
			t.Errorf("read with buffers of %d bytes, the content %s", size, d)
		}
		if n, err := r.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("Read after the end: %d bytes and %v, want io.EOF again", n, err)
		}
		if n, err := open(t, h, "a", nil).Read(nil); n != 0 || err != nil {
			t.Errorf("Read into an empty buffer: %d bytes and %v, want 0 and no error", n, err)
		}
	}
}

func readerChunks(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 2048, 5000} {
		c := check.Content(n, n)
		check.Put(t, h, "a", c, nil)
		var got []byte
		r := open(t, h, "a", nil)
		for {
			chunk, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("Next: %v, want no error", err)
			}
			if want := min(files.ChunkSize, n-len(got)); len(chunk) != want {
				t.Fatalf("Next returns %d bytes at offset %d of %d, want %d",
					len(chunk), len(got), n,
					want)
			}
			got = append(got, chunk...)
		}
		if d := check.Diff(got, c); d != "" {
			t.Errorf("read by Next, the content %s", d)
		}
		for _, size := range []int{0, 1, 3, 1000, n, n + 1, 1 << 20} {
			if n > 2048 && size == 1 {
				continue
			}
			want := size
			if size == 0 {
				want = files.ChunkSize
			}
			got = nil
			for chunk, err := range open(t, h, "a", nil).Chunks(size) {
				if err != nil {
					t.Fatalf("Chunks: %v, want no error", err)
				}
				if want := min(want, n-len(got)); len(chunk) != want {
					t.Fatalf("Chunks(%d) yields %d bytes at offset %d of %d, want %d", size,
						len(chunk), len(got), n, want)
				}
				got = append(got, chunk...)
			}
			if d := check.Diff(got, c); d != "" {
				t.Errorf("read by Chunks(%d), the content %s", size, d)
			}
		}
	}
}

func readerAll(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 5000, 2<<20 + 1} {
		c := check.Content(n, n)
		check.Put(t, h, "a", c, nil)
		p, err := open(t, h, "a", nil).ReadAll()
		if d := check.Diff(p, c); err != nil || d != "" {
			t.Errorf("ReadAll of %d bytes: %v; content %s", n, err, d)
		}
		s, err := open(t, h, "a", nil).ReadString()
		if d := check.Diff([]byte(s), c); err != nil || d != "" {
			t.Errorf("ReadString of %d bytes: %v; content %s", n, err, d)
		}
		var buf bytes.Buffer
		m, err := open(t, h, "a", nil).WriteTo(&buf)
		if d := check.Diff(buf.Bytes(), c); err != nil || d != "" || m != int64(n) {
			t.Errorf("WriteTo of %d bytes: %d, %v; content %s", n, m, err, d)
		}
		for _, k := range []int{1, n / 2, n, n + 1} {
			p, err := open(t, h, "a", nil).ReadN(k)
			want := c[:min(k, n)]
			if n == 0 && k > 0 {
				if err != io.EOF {
					t.Errorf("ReadN(%d) of an empty file: %v, want io.EOF", k, err)
				}
				continue
			}
			if d := check.Diff(p, want); err != nil || d != "" {
				t.Errorf("ReadN(%d) of %d bytes: %v; content %s", k, n, err, d)
			}
		}
	}
}

func readerMixed(t suite.T, h *suite.H) {
	c := check.Content(1, 10_000)
	check.Put(t, h, "a", c, nil)
	r := open(t, h, "a", nil)
	var got []byte
	take := func(p []byte, err error) {
		if err != nil {
			t.Fatalf("reading at offset %d: %v, want no error", len(got), err)
		}
		got = append(got, p...)
	}
	take(r.ReadN(100))
	take(r.Next())
	p := make([]byte, 10)
	n, err := r.Read(p)
	take(p[:n], err)
	take(r.ReadN(0))
	for chunk, err := range r.Chunks(77) {
		take(chunk, err)
		break
	}
	take(r.ReadAll())
	if d := check.Diff(got, c); d != "" {
		t.Errorf("read in several ways, the content %s", d)
	}
}

func readerToFile(t suite.T, h *suite.H) {
	for i, n := range []int{0, 1, 5000, 2<<20 + 3} {
		c := check.Content(n, n)
		check.Put(t, h, "a", c, nil)
		for j, o := range []*files.GetOptions{
			nil,
			{SkipVerify: true},
			{Range: files.From(int64(n / 2))},
		} {
			f, err := os.Create(fmt.Sprintf("%s/%d-%d", t.TempDir(), i, j))
			if err != nil {
				t.Fatalf("making a file for WriteTo: %v", err)
			}
			m, err := io.Copy(f, open(t, h, "a", o))
			f.Close()
			want := c
			if j == 2 {
				want = c[n/2:]
			}
			got, rerr := os.ReadFile(f.Name())
			if d := check.Diff(got,
				want); err != nil || rerr != nil || d != "" || m != int64(len(want)) {
				t.Errorf("copying %d bytes to a file: %d, %v; the file %s", len(want), m, err, d)
			}
		}
	}
}
