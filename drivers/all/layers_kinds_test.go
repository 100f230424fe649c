package all

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// eachLayer calls f for each layer over a new bucket that make makes.
func eachLayer(t *testing.T, make func() files.Bucket, f func(t *testing.T, l stackLayer,
	below, b files.Bucket)) {
	for _, l := range stackLayers {
		t.Run(l.name, func(t *testing.T) {
			below := make()
			b, err := l.wrap(below)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			f(t, l, below, b)
		})
	}
}

// kindsOfMemory are memory with each kind of versions, and memory without conditions.
var kindsOfMemory = map[string]func() files.Bucket{
	"memory":             func() files.Bucket { return mem.New(nil) },
	"a version each Put": func() files.Bucket { return mem.New(&mem.Options{VersionPerPut: true}) },
	"no conditions": func() files.Bucket {
		return files.Wrap(mem.New(nil), files.Hooks{
			Features: func(f files.Features) files.Features {
				f.IfAbsent = false
				return f
			},
		})
	},
}

// TestLayersRace: of eight Puts with IfAbsent through a layer at the same time one
// succeeds, and its content stays; or the layer refuses them all, and nothing is stored.
func TestLayersRace(t *testing.T) {
	for kind, make := range kindsOfMemory {
		t.Run(kind, func(t *testing.T) {
			eachLayer(t, make, func(t *testing.T, l stackLayer, below, b files.Bucket) {
				raceThrough(t, below, b)
			})
		})
	}
}

func raceThrough(t *testing.T, below, b files.Bucket) {
	content := func(i int) string { return strings.Repeat(string(rune('a'+i)), 3000+i) }
	var errs [8]error
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range errs {
		all.Go(func() {
			r := io.Reader(strings.NewReader(content(i)))
			if i%2 == 1 {
				r = io.MultiReader(r) // of unknown size
			}
			<-begin
			_, errs[i] = b.Put(t.Context(), "d/once", r, &files.PutOptions{If: files.IfAbsent()})
		})
	}
	close(begin)
	all.Wait()
	refusal := errors.ErrUnsupported
	f := b.Features()
	if f.ReadOnly {
		refusal = files.ErrPermission
	}
	won := -1
	for i, err := range errs {
		switch {
		case f.ReadOnly || !f.IfAbsent:
			if !errors.Is(err, refusal) {
				t.Errorf("Put %d = %v, want %v", i, err, refusal)
			}
		case err == nil && won < 0:
			won = i
		case !errors.Is(err, files.ErrExist):
			t.Errorf("Put %d = %v, want ErrExist; %d has won", i, err, won)
		}
	}
	if f.ReadOnly || !f.IfAbsent {
		for e, err := range below.List(t.Context(), "", nil) {
			t.Errorf("stored: %+v, %v", e, err)
		}
		return
	}
	if won < 0 {
		t.Fatal("no Put succeeded")
	}
	if got, err := files.ReadString(t.Context(), b, "d/once", nil); got != content(won) {
		t.Errorf("the file has %d bytes, %v, want those of Put %d", len(got), err, won)
	}
}

// arrived is what reached the bucket below for a Put.
type arrived struct {
	size    int64 // -1 if it isn't known
	content []byte
	again   bool // after it was rewound, it was the same
}

// receiving is memory that reads each content to its end, fails once, and takes the
// content when it is sent again.
type receiving struct {
	files.Bucket
	mu    sync.Mutex
	puts  []arrived
	fails int
}

func newReceiving() *receiving {
	r := &receiving{}
	r.Bucket = files.Wrap(mem.New(nil), files.Hooks{Around: r.around})
	return r
}

func (r *receiving) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	if c.Op != files.OpPut {
		return next(ctx)
	}
	a := arrived{size: -1}
	s, ok := c.Content.(io.Seeker)
	if ok {
		begin, err := s.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if a.content, err = io.ReadAll(c.Content); err != nil {
			return err
		}
		if _, err = s.Seek(begin, io.SeekStart); err != nil {
			return err
		}
		again, err := io.ReadAll(c.Content)
		if err != nil {
			return err
		}
		a.again = len(again) == len(a.content) // encryption makes other bytes
		// what is computed can only be rewound, and has its size in the options
		if end, err := s.Seek(0, io.SeekEnd); err == nil {
			a.size = end - begin
		}
		if _, err = s.Seek(begin, io.SeekStart); err != nil {
			return err
		}
	}
	if c.Put.Size != nil {
		a.size = *c.Put.Size
	}
	r.mu.Lock()
	r.puts = append(r.puts, a)
	r.fails--
	fails := r.fails >= 0
	r.mu.Unlock()
	if fails {
		return files.ErrUnavailable
	}
	return next(ctx)
}

// TestLayersKeepSize: through each layer, and through all of them together, a Put of
// known size reaches the bucket below as one Put of known size that can be rewound, and
// a retry sends all of it again.
func TestLayersKeepSize(t *testing.T) {
	writing := slices.DeleteFunc(slices.Clone(stackLayers), func(l stackLayer) bool {
		return l.features != nil && l.features(files.Features{}).ReadOnly
	})
	stacks := map[string][]stackLayer{"all": writing}
	for _, l := range writing {
		stacks[l.name] = []stackLayer{l}
	}
	reversed := slices.Clone(writing)
	slices.Reverse(reversed)
	stacks["all, in the other order"] = reversed
	content := []byte(strings.Repeat("a line of the text\n", 9000))
	for name, stack := range stacks {
		t.Run(name, func(t *testing.T) {
			for _, declared := range []bool{false, true} {
				below := newReceiving()
				b := wrapStack(t, stack, true)(retry.Wrap(below, &retry.Policy{
					Attempts: 2,
					Delay:    time.Microsecond,
				}))
				below.fails = 1
				o := &files.PutOptions{}
				if declared {
					o.Size = new(int64(len(content)))
				}
				info, err := b.Put(t.Context(), "d/a.txt", bytes.NewReader(content), o)
				if err != nil || info.Size != int64(len(content)) {
					t.Fatalf("Put = %+v, %v", info, err)
				}
				if len(below.puts) != 2 {
					t.Errorf("%d Puts arrived, want one, and its retry", len(below.puts))
				}
				for _, a := range below.puts {
					if a.size != int64(len(a.content)) || !a.again {
						t.Errorf("declared %v: a content of %d bytes has the size %d, rewound: "+
							"%v, want %v and true", declared, len(a.content), a.size, a.again,
							int64(len(a.content)))
					}
				}
				if got, err := files.ReadAll(t.Context(), b, "d/a.txt", nil); err != nil ||
					!bytes.Equal(got, content) {
					t.Errorf("%d bytes are read, %v", len(got), err)
				}
			}
		})
	}
}

// digestsOf returns the digests of a content.
func digestsOf(content []byte) files.Digest {
	sum5, sum256 := md5.Sum(content), sha256.Sum256(content)
	return files.Digest{
		MD5:    hex.EncodeToString(sum5[:]),
		SHA256: hex.EncodeToString(sum256[:]),
		CRC32C: fmt.Sprintf("%08x", crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli))),
	}
}

// TestLayersCheckPlain: the caller's size and digests are those of the caller's content,
// also above a layer that stores other bytes. Put's, Get's and Stat's Info have them, and
// nothing is stored if one is wrong.
func TestLayersCheckPlain(t *testing.T) {
	content := []byte(strings.Repeat("a line of the text\n", 9000))
	digests := digestsOf(content)
	eachLayer(t, kindsOfMemory["memory"], func(t *testing.T, l stackLayer, below,
		b files.Bucket) {
		if b.Features().ReadOnly {
			return
		}
		wrong := digestsOf(content[1:])
		for what, o := range map[string]*files.PutOptions{
			"longer":  {Size: new(int64(len(content) + 1))},
			"shorter": {Size: new(int64(len(content) - 1))},
			"MD5":     {Digest: files.Digest{MD5: wrong.MD5}},
			"CRC-32C": {Digest: files.Digest{CRC32C: wrong.CRC32C}},
			"SHA-256": {Digest: files.Digest{SHA256: wrong.SHA256}},
		} {
			_, err := b.Put(t.Context(), "d/a.txt", bytes.NewReader(content), o)
			if files.KindOf(err) != files.ErrCorrupt {
				t.Errorf("Put with a wrong declaration (%s) = %v, want ErrCorrupt", what, err)
			}
			for e, err := range below.List(t.Context(), "", nil) {
				t.Errorf("%s: stored: %+v, %v", what, e, err)
			}
		}
		same := func(what string, info files.Info, err error) {
			t.Helper()
			d := info.Digest
			if err != nil || info.Size != int64(len(content)) ||
				d.MD5 != "" && d.MD5 != digests.MD5 ||
				d.CRC32C != "" && d.CRC32C != digests.CRC32C ||
				d.SHA256 != "" && d.SHA256 != digests.SHA256 {
				t.Errorf("%s has %d bytes and the digests %+v, %v, want %d and %+v", what,
					info.Size, d, err, len(content), digests)
			}
		}
		info, err := b.Put(t.Context(), "d/a.txt", bytes.NewReader(content), &files.PutOptions{
			Size:   new(int64(len(content))),
			Digest: digests,
		})
		same("Put's Info", info, err)
		info, err = b.Stat(t.Context(), "d/a.txt", nil)
		same("Stat's Info", info, err)
		r, err := b.Get(t.Context(), "d/a.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		same("Get's Info", r.Info(), nil)
		if got, err := r.ReadAll(); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes are read, %v", len(got), err)
		}
	})
}

// TestLayersOverThemselves: a layer over a layer of the same kind works, except for
// compression, which refuses it.
func TestLayersOverThemselves(t *testing.T) {
	for _, l := range stackLayers {
		t.Run(l.name, func(t *testing.T) {
			below := mem.New(nil)
			one, err := l.wrap(below)
			if err != nil {
				t.Fatal(err)
			}
			defer one.Close()
			two, err := l.wrap(one)
			if l.once {
				if !errors.Is(err, files.ErrInvalid) || two != nil {
					t.Errorf("%s over itself: %v, want ErrInvalid", l.name, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer two.Close()
			if two.Features().ReadOnly {
				return
			}
			content := strings.Repeat("a line of the text\n", 9000)
			info, err := files.PutString(t.Context(), two, "d/a", content,
				&files.PutOptions{If: files.IfAbsent()})
			if err != nil || info.Size != int64(len(content)) {
				t.Fatalf("Put = %+v, %v", info, err)
			}
			_, err = files.PutString(t.Context(), two, "d/a", "x",
				&files.PutOptions{If: files.IfAbsent()})
			if !errors.Is(err, files.ErrExist) {
				t.Errorf("a second Put with IfAbsent = %v, want ErrExist", err)
			}
			for _, r := range []files.Range{{}, files.Last(5), files.Bytes(70_000, 9)} {
				got, err := files.ReadString(t.Context(), two, "d/a",
					&files.ReadOptions{GetOptions: files.GetOptions{Range: r}})
				off, n := r.Resolve(int64(len(content)))
				if err != nil || got != content[off:off+n] {
					t.Errorf("%v: %d bytes, %v, want the same %d and nil", r, len(got), err,
						len(content[off:off+n]))
				}
			}
			for e, err := range two.List(t.Context(), "d", nil) {
				if err != nil || e.Name != "d/a" || e.Size != int64(len(content)) {
					t.Errorf("List yields %+v, %v, want Name %q, Size %v and nil", e, err, "d/a",
						int64(len(content)))
				}
			}
			if err := two.Delete(t.Context(), "d/a", nil); err != nil {
				t.Errorf("Delete(d/a) = %v, want nil", err)
			}
			if ok, err := files.Exists(t.Context(), two, "d/a"); ok || err != nil {
				t.Errorf("after Delete it exists: %v, %v, want false and nil", ok, err)
			}
		})
	}
}

// TestLayersCloseBodies: bodies that are read half and closed are closed below as well,
// once each.
func TestLayersCloseBodies(t *testing.T) {
	content := strings.Repeat("a line of the text\n", 90_000)
	var opened, closed atomic.Int64
	eachLayer(t, func() files.Bucket {
		opened.Store(0)
		closed.Store(0)
		return files.Wrap(mem.New(nil), files.Hooks{
			Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
				if c.Op == files.OpGet {
					closed.Add(1)
				}
			},
			Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
				if c.Op == files.OpGet {
					opened.Add(1)
				}
				return ctx, nil
			},
		})
	}, func(t *testing.T, l stackLayer, below, b files.Bucket) {
		to := b
		if b.Features().ReadOnly {
			to = below
		}
		if _, err := files.PutString(t.Context(), to, "d/a", content, nil); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			r, err := b.Get(t.Context(), "d/a", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.ReadN(1000); err != nil {
				t.Fatal(err)
			}
			r.Close()
			r.Close()
		}
		if o, c := opened.Load(), closed.Load(); o != c || o == 0 {
			t.Errorf("%d bodies were opened below, and %d closed, want %v and more than 0", o, c, c)
		}
	})
}
