package cases

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var putAtomicCases = []suite.Case{
	{
		Rule:    "P1",
		Name:    "unfinished-new",
		Why:     "a file must not be visible before its Put has ended",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 3 << 20,
		Run:     unfinishedNew,
	},
	{
		Rule:    "P1",
		Name:    "unfinished-over",
		Why:     "the old file must be readable until the new one is whole",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 3 << 20,
		Run:     unfinishedOver,
	},
	{
		Rule:  "P1",
		Name:  "torn-read",
		Why:   "no reader may get parts of two files",
		Needs: feature.Needs(feature.Atomic, feature.OneVersionReads),
		Run:   tornRead,
	},
	{
		Rule:  "P1",
		Name:  "torn-info",
		Why:   "no reader may get content with another file's metadata",
		Needs: feature.Needs(feature.Atomic, feature.Attributes),
		Run:   tornInfo,
	},
	{
		Rule: "P1",
		Name: "two-writers",
		Why: "of two writers one must win as a whole: content and attributes must be of the " +
			"same Put",
		Needs: feature.Needs(feature.Atomic, feature.Attributes),
		Run:   twoWriters,
	},
	{
		Rule:  "P1",
		Name:  "second-handle",
		Why:   "a second handle must find the old file or the new one",
		Needs: feature.Needs(feature.Atomic),
		Run:   secondHandle,
	},
}

// sizes of uploads that drivers treat differently: small ones are sent at once, large
// ones are staged or sent in parts.
var uploadSizes = []int{10, 100_000, 3 << 20}

func unfinishedNew(t suite.T, h *suite.H) {
	for _, size := range uploadSizes {
		name, c := fmt.Sprintf("d/new%d", size), check.Content(size, size)
		looked := false
		_, err := h.Put(t.Context(), name, check.Hook(c, size*9/10, func() {
			looked = true
			check.WantMissing(t, h, name)
			check.WantOnly(t, h)
			check.WantList(t, h, "", &files.ListOptions{Shallow: true})
		}), nil)
		if err != nil || !looked {
			t.Fatalf("Put of %d bytes: %v", size, err)
		}
		check.WantContent(t, h, name, c)
		check.WantOnly(t, h, name)
		check.Remove(t, h, name)
	}
}

func unfinishedOver(t suite.T, h *suite.H) {
	for _, size := range uploadSizes {
		old, c := check.Content(1, 5000), check.Content(2, size)
		check.Put(t, h, "d/a", old,
			&files.PutOptions{Attributes: files.Attributes{ContentType: "x/old"}})
		before := check.Stat(t, h, "d/a")
		_, err := h.Put(t.Context(), "d/a", check.Hook(c, size*9/10, func() {
			check.WantContent(t, h, "d/a", old)
			check.Same(t, "Stat while an upload is in progress", check.Stat(t, h, "d/a"), before)
			check.WantOnly(t, h, "d/a")
		}), &files.PutOptions{Attributes: files.Attributes{ContentType: "x/new"}})
		if err != nil {
			t.Fatalf("Put of %d bytes: %v, want no error", size, err)
		}
		check.WantContent(t, h, "d/a", c)
	}
}

// writers keeps n writers of one name busy until stop is called, which waits for them.
// It returns once they have begun. The size of each content and its metadata show which
// writer it is of.
func writers(t suite.T, h *suite.H, name string, n, size int) (stop func()) {
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
	check.Put(t, h, name, check.Content(0, size), options(0))
	done := check.Background(t, func() {
		check.Parallel(n, func(w int) {
			for i := 1; ; i++ {
				select {
				case <-quit:
					return
				case <-t.Context().Done():
					return
				default:
				}
				seed := i*n + w
				if _, err := h.Put(t.Context(), name,
					check.Stream(check.Content(seed, size+seed%97)),
					options(seed)); err != nil {
					t.Errorf("Put of a writer: %v, want no error", err)
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

// wantWhole fails the case if content and Info aren't of one Put of writers.
func wantWhole(t suite.T, h *suite.H, p []byte, info files.Info, size int) {
	if info.Size != int64(len(p)) {
		t.Errorf("the body has %d bytes, but its Info has size %d", len(p), info.Size)
	}
	if !h.F.Attributes {
		return
	}
	s := info.Metadata["seed"]
	if info.ContentType != "x/"+s {
		t.Errorf("the type %q, want that of writer %q, whose metadata it is", info.ContentType, s)
	}
	seed, err := strconv.Atoi(s)
	if err != nil {
		t.Errorf("metadata %v, want the writer's seed", info.Metadata)
		return
	}
	if d := check.Diff(p, check.Content(seed, size+seed%97)); d != "" {
		t.Errorf("the content is not that of writer %d, whose metadata it is: it %s", seed, d)
	}
}

func tornRead(t suite.T, h *suite.H) {
	const size = 200_000
	stop := writers(t, h, "a", 2, size)
	defer stop()
	check.Parallel(2, func(int) {
		for range h.Rounds(25) {
			p, info, err := check.Read(t.Context(), h, "a", nil)
			switch {
			case errors.Is(err, files.ErrChanged): // legal: it is reported (G4)
			case err != nil:
				t.Errorf("Get during writes: %v, want no error", err)
				return
			default:
				wantWhole(t, h, p, info, size)
			}
		}
	})
}

func tornInfo(t suite.T, h *suite.H) {
	const size = 20
	stop := writers(t, h, "a", 2, size)
	defer stop()
	for range h.Rounds(100) {
		info := check.Stat(t, h, "a")
		s := info.Metadata["seed"]
		seed, err := strconv.Atoi(s)
		if err != nil || info.ContentType != "x/"+s || info.Size != int64(size+seed%97) {
			t.Fatalf("Stat reports type %q, metadata %v and size %d, which are not of one Put",
				info.ContentType, info.Metadata, info.Size)
		}
		if info.Digest.CRC32C != "" && info.Digest.CRC32C != crc32c(check.Content(seed,
			size+seed%97)) {
			t.Fatalf("Stat reports a digest that isn't of the content to which the metadata belong")
		}
		n := 0
		for e, err := range h.List(t.Context(), "", nil) {
			if n++; err != nil || e.Name != "a" || e.Size < size || e.Size >= size+97 {
				t.Fatalf("List during writes: %+v, %v", e, err)
			}
		}
		if n != 1 {
			t.Fatalf("List yields %d files during writes, want the one", n)
		}
	}
}

func twoWriters(t suite.T, h *suite.H) {
	const size = 3000
	for range h.Rounds(10) {
		writers(t, h, "a", 4, size)()
		p, info := check.Get(t, h, "a", nil)
		wantWhole(t, h, p, info, size)
		check.Same(t, "Stat, against Get", check.Stat(t, h, "a"), info)
	}
}

func secondHandle(t suite.T, h *suite.H) {
	other := h.Second(t)
	old := check.Content(1, 1000)
	check.Put(t, h, "a", old, nil)
	check.WantContent(t, other, "a", old)
	c := check.Content(2, 100_000)
	_, err := h.Put(t.Context(), "a", check.Hook(c, 90_000, func() {
		check.WantContent(t, other, "a", old)
		check.WantOnly(t, other, "a")
	}), nil)
	if err != nil {
		t.Fatalf("Put: %v, want no error", err)
	}
	check.WantContent(t, other, "a", c)
	check.Remove(t, other, "a")
	check.WantMissing(t, h, "a")
}

func crc32c(b []byte) string {
	h := driver.NewHasher(files.Digest{})
	h.Write(b)
	return h.Sum().CRC32C
}
