package driver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

var memoryPlan = PartPlan{
	PartSize:    1 << 20,
	Concurrency: 2,
	MaxParts:    100,
	MaxPartSize: 1 << 30,
}

// inMemory are the readers whose content isn't copied.
func inMemory(p []byte) map[string]io.Reader {
	return map[string]io.Reader{
		"bytes.Reader":   bytes.NewReader(p),
		"bytes.Buffer":   bytes.NewBuffer(p),
		"strings.Reader": strings.NewReader(string(p)),
	}
}

func sumOf(p []byte) files.Digest {
	var h Hasher
	h.Init(files.Digest{})
	h.Write(p)
	return h.Sum()
}

func partsOf(t *testing.T, up *Content) (parts []*Part, err error) {
	t.Helper()
	up.held.hold(up.src)
	up.hasher.Init(up.want)
	p, err := NewParts(memoryPlan, &PutRequest{Size: remaining(up.src), Content: up})
	if err != nil {
		t.Fatal(err)
	}
	for {
		part, err := p.Next(up.ctx)
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return parts, err
		}
		parts = append(parts, part)
	}
}

// TestInPlace: content in memory arrives whole and unchanged in its parts, each of
// which can be sent twice, at any length around the pieces and the parts.
func TestInPlace(t *testing.T) {
	for _, size := range []int{
		0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 1<<20 - 1, 1 << 20, 1<<20 + 1, 2 << 20,
		5<<20 + 17,
	} {
		content := make([]byte, size+3)
		for i := range content {
			content[i] = byte(i * 7 >> (i % 5))
		}
		sum := sumOf(content[3:])
		for name, r := range inMemory(content) {
			io.ReadFull(r, make([]byte, 3)) // it need not be at its beginning
			up := &Content{
				ctx:  t.Context(),
				src:  r,
				size: -1,
				want: files.Digest{CRC32C: sum.CRC32C},
			}
			parts, err := partsOf(t, up)
			if err != nil || !up.Done() || up.Count() != int64(size) ||
				up.Digest().CRC32C != sum.CRC32C {
				t.Fatalf("%s of %d bytes: %v, done %v, %d bytes, %v; want %v", name, size, err,
					up.Done(), up.Count(), up.Digest(), sum)
			}
			var all []byte
			h := sha256.New()
			for i, part := range parts {
				if part.Last != (i == len(parts)-1) || part.Offset != int64(i)<<20 ||
					part.Size > 1<<20 {
					t.Errorf("%s of %d bytes: part %d is %d bytes at %d, the last: %v", name, size,
						i, part.Size, part.Offset, part.Last)
				}
				for range 2 {
					p, err := io.ReadAll(part.Reader())
					if err != nil || len(p) != int(part.Size) {
						t.Fatalf("%s of %d bytes: part %d gives %d bytes, %v", name, size, i,
							len(p), err)
					}
					if len(all) == int(part.Offset) {
						all = append(all, p...)
					}
				}
				if n, err := io.Copy(h, part.Body()); n != part.Size || err != nil {
					t.Errorf("%s: %d bytes for the hash, %v, want %v and no error",
						name, n, err, part.Size)
				}
			}
			if !bytes.Equal(all,
				content[3:]) || [32]byte(h.Sum(nil)) != sha256.Sum256(content[3:]) {
				t.Errorf("%s of %d bytes: the parts hold another content", name, size)
			}
			if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("%s of %d bytes is not read to its end: %d, %v, want 0 and io.EOF",
					name, size, n, err)
			}
		}
	}
}

// TestInPlaceIsTheCallers: content in memory isn't copied, and the caller's memory
// never gets into the pool of the parts, even if it is as long as a block.
func TestInPlaceIsTheCallers(t *testing.T) {
	content := bytes.Repeat([]byte{1}, blockSize)
	parts, err := partsOf(t, &Content{ctx: t.Context(), src: bytes.NewReader(content), size: -1})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v, want one", len(parts), err)
	}
	r, body := parts[0].Reader(), parts[0].Body()
	content[0] = 2
	if p, _ := io.ReadAll(r); p[0] != 2 {
		t.Error("the content was copied")
	}
	content[0] = 1
	r.Seek(0, io.SeekStart)
	parts[0].Release()
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("a part that was released gives %d bytes, %v, want 0 and ErrClosed", n, err)
	}
	if n, err := body.WriteTo(sha256.New()); n != 0 || !errors.Is(err, files.ErrClosed) {
		t.Errorf("a part that was released gives a hash %d bytes, %v, want 0 and ErrClosed",
			n, err)
	}
	for range 4 {
		stream := io.MultiReader(bytes.NewReader(make([]byte, blockSize)))
		others, err := partsOf(t, &Content{ctx: t.Context(), src: stream, size: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer others[0].Release()
	}
	if bytes.IndexByte(content, 0) >= 0 {
		t.Error("other content was read into the caller's memory")
	}
}

// TestInPlaceChecks: content in memory is compared with what was declared, and its
// context is checked, as with any content.
func TestInPlaceChecks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx      context.Context
		size     int64
		want     files.Digest
		maxSize  int64
		finished bool
		err      error
	}{
		"longer than declared":  {t.Context(), 9, files.Digest{}, 0, false, files.ErrCorrupt},
		"shorter than declared": {t.Context(), 11, files.Digest{}, 0, false, files.ErrCorrupt},
		"another digest": {
			t.Context(), -1, sumOf([]byte("another")), 0, false, files.ErrCorrupt,
		},
		"too long":             {t.Context(), -1, files.Digest{}, 9, false, files.ErrTooLarge},
		"a context that ended": {ctx, -1, files.Digest{}, 0, false, context.Canceled},
		"read after the end":   {t.Context(), -1, files.Digest{}, 0, true, files.ErrClosed},
	} {
		for kind, r := range inMemory([]byte("0123456789")) {
			up := Content{
				ctx:      c.ctx,
				src:      r,
				size:     c.size,
				want:     c.want,
				maxSize:  c.maxSize,
				finished: c.finished,
			}
			if parts, err := partsOf(t, &up); !errors.Is(err, c.err) || len(parts) > 0 {
				t.Errorf("%s, %s: %d parts, %v; want none and %v", name, kind, len(parts), err,
					c.err)
			}
		}
	}
}

// TestInPlaceChecksContext: the context is checked for each part of content in memory
// (P12), not only for the last.
func TestInPlaceChecksContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for kind, r := range inMemory(make([]byte, 3<<20)) {
		if parts, err := partsOf(t, &Content{
			ctx:  ctx,
			src:  r,
			size: -1,
		}); !errors.Is(err, context.Canceled) || len(parts) > 0 {
			t.Errorf("%s: %d parts, %v; want none and context.Canceled", kind, len(parts), err)
		}
	}
}
