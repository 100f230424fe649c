package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// body is a Body made of a reader; closed counts its Closes.
type body struct {
	io.Reader
	closed int
}

func (b *body) Close() error { b.closed++; return nil }

// reader makes a Reader of text, whose Info has the right size and digest.
func reader(ctx context.Context, r io.Reader, text string,
	change func(*driver.ReaderConfig)) (*files.Reader, *body) {
	h := driver.NewHasher(files.Digest{})
	io.WriteString(h, text)
	b := &body{Reader: r}
	c := driver.ReaderConfig{
		Name:   "n",
		Info:   files.Info{Entry: files.Entry{Name: "n", Size: int64(len(text))}, Digest: h.Sum()},
		Length: int64(len(text)),
		Body:   b,
		Verify: true,
	}
	if change != nil {
		change(&c)
	}
	return driver.NewReader(ctx, c), b
}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

// TestReaderMethodsAgree reads in every way, from bodies that give their bytes in every
// legal way.
func TestReaderMethodsAgree(t *testing.T) {
	bodies := map[string]func(string) io.Reader{
		"whole": func(s string) io.Reader { return strings.NewReader(s) },
		"one byte": func(s string) io.Reader {
			return iotest.OneByteReader(strings.NewReader(s))
		},
		"halves": func(s string) io.Reader {
			return iotest.HalfReader(strings.NewReader(s))
		},
		"data with EOF": func(s string) io.Reader {
			return iotest.DataErrReader(strings.NewReader(s))
		},
		"and more": func(s string) io.Reader {
			return strings.NewReader(s + "more than was announced")
		},
	}
	ways := map[string]func(*files.Reader) ([]byte, error){
		"ReadAll":    (*files.Reader).ReadAll,
		"io.ReadAll": func(r *files.Reader) ([]byte, error) { return io.ReadAll(r) },
		"one byte": func(r *files.Reader) ([]byte, error) {
			return io.ReadAll(iotest.OneByteReader(r))
		},
		"WriteTo": func(r *files.Reader) ([]byte, error) {
			var buf bytes.Buffer
			n, err := r.WriteTo(&buf)
			if n != int64(buf.Len()) {
				return nil, errors.New("wrong count")
			}
			return buf.Bytes(), err
		},
		"Chunks": func(r *files.Reader) (all []byte, err error) {
			for p, err := range r.Chunks(5) {
				if err != nil {
					return all, err
				}
				if all = append(all, p...); len(p) != 5 && len(all) != len(alphabet) {
					return all, errors.New("a short chunk in the middle")
				}
			}
			return all, nil
		},
		"Next": func(r *files.Reader) (all []byte, err error) {
			for {
				p, err := r.Next()
				if err == io.EOF {
					return all, nil
				}
				if err != nil {
					return all, err
				}
				all = append(all, p...)
			}
		},
		"ReadN": func(r *files.Reader) (all []byte, err error) {
			for {
				p, err := r.ReadN(7)
				if err == io.EOF {
					return all, nil
				}
				if err != nil {
					return all, err
				}
				all = append(all, p...)
			}
		},
	}
	for bn, newBody := range bodies {
		for wn, way := range ways {
			for _, text := range []string{"", alphabet} {
				r, b := reader(ctx, newBody(text), text, nil)
				if got, err := way(r); string(got) != text || err != nil {
					t.Errorf("%s by %s: %q, %v", bn, wn, got, err)
				}
				if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("%s by %s: behind the end: %d, %v, want 0 and io.EOF",
						bn, wn, n, err)
				}
				first, second := r.Close(), r.Close()
				if first != nil || second != nil || b.closed != 1 {
					t.Errorf("%s by %s: closed %d times", bn, wn, b.closed)
				}
				_, err := r.Read(nil)
				is(t, err, files.ErrClosed)
			}
			// Reading a damaged, short or failing body never succeeds.
			for what, c := range map[string]struct {
				r    io.Reader
				want error
			}{
				"damaged": {newBody(strings.Replace(alphabet, "m", "M", 1)), files.ErrCorrupt},
				"short":   {newBody(alphabet[:20]), files.ErrCorrupt},
				"failing": {io.MultiReader(newBody(alphabet[:20]),
					iotest.ErrReader(errBroken)), errBroken},
			} {
				if bn == "and more" && what != "damaged" {
					continue // is neither short nor failing
				}
				r, _ := reader(ctx, c.r, alphabet, nil)
				got, err := way(r)
				if !errors.Is(err, c.want) || len(got) >= len(alphabet) {
					t.Errorf("%s %s by %s: %q, %v", what, bn, wn, got, err)
				}
				if _, again := r.Read(make([]byte,
					9)); again == nil || again == io.EOF || !errors.Is(again, c.want) {
					t.Errorf("%s %s by %s: the error does not stay: %v", what, bn, wn, again)
				}
				r.Close()
			}
		}
	}
}

// TestReaderDigests: whichever digest is known is checked, and only if the whole is
// read.
func TestReaderDigests(t *testing.T) {
	h := driver.NewHasher(files.Digest{
		MD5:       "x",
		SHA256:    "x",
		CRC32:     "x",
		CRC64NVME: "x",
	})
	io.WriteString(h, alphabet)
	all := h.Sum()
	for _, d := range []files.Digest{
		{CRC32C: all.CRC32C},
		{MD5: strings.ToUpper(all.MD5)},
		{SHA256: all.SHA256},
		{CRC32: all.CRC32},
		{CRC64NVME: all.CRC64NVME},
	} {
		for _, c := range []struct {
			text   string
			change func(*driver.ReaderConfig)
			want   error
		}{
			{alphabet, func(*driver.ReaderConfig) {}, nil},
			{strings.ToUpper(alphabet), func(*driver.ReaderConfig) {}, files.ErrCorrupt},
			{strings.ToUpper(alphabet), func(c *driver.ReaderConfig) { c.Verify = false }, nil},
			{alphabet[1:], func(c *driver.ReaderConfig) { c.Offset, c.Length = 1, 25 }, nil},
			{alphabet[:25], func(c *driver.ReaderConfig) { c.Length = 25 }, nil},
		} {
			r, _ := reader(ctx, strings.NewReader(c.text), alphabet, func(rc *driver.ReaderConfig) {
				rc.Info.Digest = d
				c.change(rc)
			})
			if got, err := r.ReadString(); !errors.Is(err, c.want) || err == nil && got != c.text {
				t.Errorf("%+v: ReadString = %q, %v", d, got, err)
			}
		}
	}
	empty, _ := reader(ctx, nil, "", func(c *driver.ReaderConfig) {
		c.Body, c.Info.Digest = nil, all
	})
	_, err := empty.ReadAll()
	is(t, err, files.ErrCorrupt)
}

// gate is a body whose Read waits until release or Close, and then returns its text.
type gate struct {
	text    string
	release chan struct{}
	closed  bool
}

func newGate(text string) *gate { return &gate{text: text, release: make(chan struct{})} }

func (g *gate) Read(p []byte) (int, error) {
	<-g.release
	n := copy(p, g.text)
	g.text = g.text[n:]
	if n == 0 {
		return 0, os.ErrClosed
	}
	return n, nil
}

func (g *gate) Close() error {
	if !g.closed {
		g.closed = true
		close(g.release)
	}
	return nil
}

// ending is a gate that ends a context when it is closed.
type ending struct {
	*gate
	end context.CancelFunc
}

func (e *ending) Close() error {
	e.end()
	return e.gate.Close()
}

func TestReaderTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body, c.Timeout = newGate(""), time.Hour
		})
		start := time.Now()
		_, err := r.ReadAll()
		is(t, err, os.ErrDeadlineExceeded)
		if d := time.Since(start); d != time.Hour {
			t.Error("waited", d)
		}
		_, err = r.Read(make([]byte, 1))
		is(t, err, os.ErrDeadlineExceeded)
		r.Close()

		// Bytes that come in the last moment are not lost, and if they are the last
		// ones, the body has ended well.
		r, _ = reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body, c.Timeout = newGate(alphabet), time.Hour
		})
		if text, err := r.ReadString(); text != alphabet || err != nil {
			t.Errorf("ReadString = %q, %v, want %v and no error", text, err, alphabet)
		}
		r.Close()

		// That holds also if the body's Close ends the context, as that of a layer may.
		for _, text := range []string{alphabet[:10], alphabet} {
			ctx, cancel := context.WithCancel(ctx)
			r, _ = reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
				c.Body, c.Timeout = &ending{newGate(text), cancel}, time.Hour
			})
			p := make([]byte, len(alphabet))
			if n, err := r.Read(p); string(p[:n]) != text || err != nil {
				t.Errorf("Read in the last moment = %q, %v, want %q and no error", p[:n], err, text)
			}
			want := io.EOF
			if text != alphabet {
				want = os.ErrDeadlineExceeded
			}
			for range 2 {
				if _, err = r.Read(p); !errors.Is(err, want) {
					t.Errorf("the Read after %q: %v, want %v", text, err, want)
				}
			}
			r.Close()
		}

		// Each Read has the whole time, however long all of them take.
		r, _ = reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body, c.Timeout = &slowBody{strings.NewReader(alphabet)}, 2*time.Second
		})
		if text, err := r.ReadString(); text != alphabet || err != nil {
			t.Errorf("slow reads: ReadString = %q, %v, want %v and no error", text, err, alphabet)
		}
		r.Close()

		// The timeout doesn't apply to the time between Reads, and it can be set later.
		r, _ = reader(ctx, strings.NewReader(alphabet), alphabet, nil)
		r.SetReadTimeout(time.Second)
		for range r.Chunks(1) {
			time.Sleep(time.Minute)
		}
		r.Close()
	})
}

func TestReaderCloseAndContextEndARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan error)
		read := func(r *files.Reader) {
			_, err := r.ReadAll()
			got <- err
		}
		r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) { c.Body = newGate("") })
		go read(r)
		synctest.Wait()
		r.Close()
		is(t, <-got, files.ErrClosed)

		ended := 0
		ctx, cancel := context.WithCancel(ctx)
		r, _ = reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body, c.OnClose = newGate(""), func() { ended++ }
		})
		go read(r)
		synctest.Wait()
		cancel()
		is(t, <-got, context.Canceled)
		r.Close()
		r.Close()
		if ended != 1 {
			t.Errorf("OnClose was called %d times, want 1", ended)
		}
	})
}

func TestReaderInfoIsTheCallers(t *testing.T) {
	r, _ := reader(ctx, nil, "", func(c *driver.ReaderConfig) {
		c.Body, c.Info.Metadata = nil, map[string]string{"k": "v"}
	})
	r.Info().Metadata["k"] = "changed"
	if r.Info().Metadata["k"] != "v" {
		t.Error("the map is shared")
	}
}

func TestReaderOdd(t *testing.T) {
	r, b := reader(ctx, strings.NewReader(alphabet), alphabet, nil)
	if _, err := r.ReadN(-1); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("ReadN = %v, want ErrInvalid", err)
	}
	if p, err := r.ReadN(0); len(p) != 0 || err != nil {
		t.Errorf("ReadN = %v, %v, want len(p) 0 and no error", p, err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("Read = %v, %v, want 0 and no error", n, err)
	}
	for p := range r.Chunks(1 << 40) { // no such memory is taken
		if string(p) != alphabet {
			t.Errorf("p = %q, want string(p) %v", p, alphabet)
		}
	}
	if p, err := r.ReadN(1 << 60); len(p) != 0 || err != io.EOF {
		t.Errorf("ReadN = %v, %v, want len(p) 0 and io.EOF", p, err)
	}
	r.Close()
	if b.closed != 1 {
		t.Errorf("b.closed = %v, want 1", b.closed)
	}
	// Breaking off leaves the rest unread.
	src := strings.NewReader(alphabet)
	r, _ = reader(ctx, src, alphabet, nil)
	for range r.Chunks(4) {
		break
	}
	r.Close()
	if src.Len() != len(alphabet)-4 {
		t.Errorf("%d bytes are left, want len(alphabet)-4", src.Len())
	}
	// WriteTo returns the writer's error.
	r, _ = reader(ctx, strings.NewReader(alphabet), alphabet, nil)
	if _, err := r.WriteTo(writerFunc(func([]byte) (int, error) {
		return 3, nil
	})); err != io.ErrShortWrite {
		t.Errorf("WriteTo = %v, want io.ErrShortWrite", err)
	}
	if r.Offset() != 0 || r.Len() != 26 {
		t.Errorf("Offset and Len are %d and %d, want 0 and 26", r.Offset(), r.Len())
	}
}

// fileBody copies itself to a file, in pieces as small as it likes.
type fileBody struct {
	body
	left string
	err  error
}

func (b *fileBody) CopyTo(dst *os.File, n int64) (int64, error) {
	n = min(n, 10, int64(len(b.left)))
	m, err := dst.WriteString(b.left[:n])
	b.left = b.left[m:]
	if err == nil && b.left == "" {
		err = b.err
	}
	return int64(m), err
}

func TestReaderCopiesFileToFile(t *testing.T) {
	for _, c := range []struct {
		text string
		err  error
		want error
	}{
		{alphabet, nil, nil},
		{"", nil, nil},
		{alphabet[:20], nil, files.ErrCorrupt},
		{alphabet[:20], errBroken, errBroken},
	} {
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		size := int64(len(alphabet))
		if c.text == "" {
			size = 0
		}
		r, _ := reader(ctx, nil, alphabet, func(rc *driver.ReaderConfig) {
			rc.Body, rc.Verify, rc.Length = &fileBody{left: c.text, err: c.err}, false, size
		})
		n, err := r.WriteTo(f)
		if n != int64(len(c.text)) || !errors.Is(err, c.want) {
			t.Errorf("%q: WriteTo = %d, %v", c.text, n, err)
		}
		if _, again := r.WriteTo(f); !errors.Is(again, c.want) {
			t.Errorf("%q: again: %v, want %v", c.text, again, c.want)
		}
		r.Close()
		if _, err := r.WriteTo(f); size > 0 && !errors.Is(err, files.ErrClosed) {
			t.Errorf("%q: closed: %v", c.text, err)
		}
		f.Close()
	}
}

// TestPassedOfFileToFile: Passed is told of every byte that a file copies to a file.
func TestPassedOfFileToFile(t *testing.T) {
	for _, text := range []string{"", "a", alphabet} {
		var passed int64
		b := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			r, _ := reader(ctx, nil, text, func(rc *driver.ReaderConfig) {
				rc.Body, rc.Verify = &fileBody{left: text}, false
				rc.Length, rc.Info.Size = int64(len(text)), int64(len(text))
			})
			return r, nil
		}}, files.Hooks{
			Observes: true,
			Passed:   func(_ context.Context, _ *files.Call, n int64) { passed += n },
		})
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.WriteTo(f); err != nil || n != passed || n != int64(len(text)) {
			t.Errorf("WriteTo = %d, %v, and Passed was told of %d bytes, want %d", n, err, passed,
				len(text))
		}
		r.Close()
		f.Close()
	}
}

// slowBody takes 1.5 s for each byte.
type slowBody struct{ r io.Reader }

func (b *slowBody) Read(p []byte) (int, error) {
	time.Sleep(1500 * time.Millisecond)
	return b.r.Read(p[:min(len(p), 1)])
}

func (b *slowBody) Close() error { return nil }
