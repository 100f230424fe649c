package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"cloudfiles.dev/files"
)

var putAtomicCases = []Case{
	{
		Rule:    "P1",
		Name:    "unfinished-new",
		Why:     "a reader that finds a half-written file processes half the data",
		Needs:   needs(atomicPuts),
		Largest: 3 << 20,
		Run:     unfinishedNew,
	},
	{
		Rule:    "P1",
		Name:    "unfinished-over",
		Why:     "until the new file is whole, the old one must be served",
		Needs:   needs(atomicPuts),
		Largest: 3 << 20,
		Run:     unfinishedOver,
	},
	{
		Rule:  "P1",
		Name:  "torn-read",
		Why:   "a reader beside a writer must never see parts of two files",
		Needs: needs(atomicPuts, oneVersion),
		Run:   tornRead,
	},
	{
		Rule:  "P1",
		Name:  "torn-info",
		Why:   "content with another file's metadata is a wrong file",
		Needs: needs(atomicPuts, attributes),
		Run:   tornInfo,
	},
	{
		Rule: "P1",
		Name: "two-writers",
		Why: "of two writers one wins whole: the content of one with the type of the other " +
			"is neither",
		Needs: needs(atomicPuts, attributes),
		Run:   twoWriters,
	},
	{
		Rule:  "P1",
		Name:  "second-handle",
		Why:   "another process sees the old file or the new one",
		Needs: needs(atomicPuts),
		Run:   secondHandle,
	},
}

// sizes of uploads that drivers treat differently: small ones at once, large ones
// staged or in parts.
var uploadSizes = []int{10, 100_000, 3 << 20}

func unfinishedNew(t T, h *H) {
	for _, size := range uploadSizes {
		name, c := fmt.Sprintf("d/new%d", size), content(size, size)
		looked := false
		_, err := h.Put(t.Context(), name, hook(c, size*9/10, func() {
			looked = true
			wantMissing(t, h, name)
			wantOnly(t, h)
			wantList(t, h, "", &files.ListOptions{Shallow: true})
		}), nil)
		if err != nil || !looked {
			t.Fatalf("Put of %d bytes: %v", size, err)
		}
		wantContent(t, h, name, c)
		wantOnly(t, h, name)
		remove(t, h, name)
	}
}

func unfinishedOver(t T, h *H) {
	for _, size := range uploadSizes {
		old, c := content(1, 5000), content(2, size)
		put(t, h, "d/a", old, &files.PutOptions{Attributes: files.Attributes{ContentType: "x/old"}})
		before := stat(t, h, "d/a")
		_, err := h.Put(t.Context(), "d/a", hook(c, size*9/10, func() {
			wantContent(t, h, "d/a", old)
			same(t, "Stat while an upload is in progress", stat(t, h, "d/a"), before)
			wantOnly(t, h, "d/a")
		}), &files.PutOptions{Attributes: files.Attributes{ContentType: "x/new"}})
		if err != nil {
			t.Fatalf("Put of %d bytes: %v", size, err)
		}
		wantContent(t, h, "d/a", c)
	}
}

// writers keeps n writers of one name busy until stop is called, which waits for them.
// They have begun when writers returns. The size of each content and its metadata tell
// which one it is.
func (h *H) writers(t T, name string, n, size int) (stop func()) {
	quit, begun := make(chan struct{}), make(chan struct{})
	var once sync.Once
	options := func(seed int) *files.PutOptions {
		if !h.F.Attributes {
			return nil
		}
		s := strconv.Itoa(seed)
		return &files.PutOptions{Attributes: files.Attributes{
			ContentType: "x/" + s,
			Metadata:    map[string]string{"seed": s},
		}}
	}
	put(t, h, name, content(0, size), options(0))
	done := background(t, func() {
		parallel(n, func(w int) {
			for i := 1; ; i++ {
				select {
				case <-quit:
					return
				case <-t.Context().Done():
					return
				default:
				}
				seed := i*n + w
				if _, err := h.Put(t.Context(), name, stream(content(seed, size+seed%97)),
					options(seed)); err != nil {
					t.Errorf("Put of a writer: %v", err)
					return
				}
				once.Do(func() { close(begun) })
			}
		})
	})
	select {
	case <-begun:
	case <-done:
	}
	return func() { close(quit); <-done }
}

// wantWhole fails where content and Info aren't of one Put of writers.
func wantWhole(t T, h *H, p []byte, info files.Info, size int) {
	if info.Size != int64(len(p)) {
		t.Errorf("the body has %d bytes and its Info says %d", len(p), info.Size)
	}
	if !h.F.Attributes {
		return
	}
	s := info.Metadata["seed"]
	if info.ContentType != "x/"+s {
		t.Errorf("the type %q came with the metadata of writer %q", info.ContentType, s)
	}
	seed, err := strconv.Atoi(s)
	if err != nil {
		t.Errorf("metadata %v, want the writer's seed", info.Metadata)
		return
	}
	if d := diff(p, content(seed, size+seed%97)); d != "" {
		t.Errorf("with the metadata of writer %d came other content: it %s", seed, d)
	}
}

func tornRead(t T, h *H) {
	const size = 200_000
	stop := h.writers(t, "a", 2, size)
	defer stop()
	parallel(2, func(int) {
		for range h.rounds(25) {
			p, info, err := read(t.Context(), h, "a", nil)
			switch {
			case errors.Is(err, files.ErrChanged): // legal: it is told (G4)
			case err != nil:
				t.Errorf("Get beside writers: %v", err)
				return
			default:
				wantWhole(t, h, p, info, size)
			}
		}
	})
}

func tornInfo(t T, h *H) {
	const size = 20
	stop := h.writers(t, "a", 2, size)
	defer stop()
	for range h.rounds(100) {
		info := stat(t, h, "a")
		s := info.Metadata["seed"]
		seed, err := strconv.Atoi(s)
		if err != nil || info.ContentType != "x/"+s || info.Size != int64(size+seed%97) {
			t.Fatalf("Stat tells type %q, metadata %v and size %d, which are not of one Put",
				info.ContentType, info.Metadata, info.Size)
		}
		if info.Digest.CRC32C != "" && info.Digest.CRC32C != crc32c(content(seed, size+seed%97)) {
			t.Fatalf("Stat tells a digest that isn't of the content that the metadata belong to")
		}
		n := 0
		for e, err := range h.List(t.Context(), "", nil) {
			if n++; err != nil || e.Name != "a" || e.Size < size || e.Size >= size+97 {
				t.Fatalf("List beside writers: %+v, %v", e, err)
			}
		}
		if n != 1 {
			t.Fatalf("List yields %d files beside writers, want the one", n)
		}
	}
}

func twoWriters(t T, h *H) {
	const size = 3000
	for range h.rounds(10) {
		h.writers(t, "a", 4, size)()
		p, info := get(t, h, "a", nil)
		wantWhole(t, h, p, info, size)
		same(t, "Stat, against Get", stat(t, h, "a"), info)
	}
}

func secondHandle(t T, h *H) {
	other := h.Second(t)
	old := content(1, 1000)
	put(t, h, "a", old, nil)
	wantContent(t, other, "a", old)
	c := content(2, 100_000)
	_, err := h.Put(t.Context(), "a", hook(c, 90_000, func() {
		wantContent(t, other, "a", old)
		wantOnly(t, other, "a")
	}), nil)
	if err != nil {
		t.Fatalf("Put: %v", err)
	}
	wantContent(t, other, "a", c)
	remove(t, other, "a")
	wantMissing(t, h, "a")
}

func crc32c(b []byte) string {
	h := files.NewHasher(files.Digest{})
	h.Write(b)
	return h.Sum().CRC32C
}
