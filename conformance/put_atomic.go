package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"cloudfiles.dev/files"
)

var putAtomicCases = []Case{
	{Rule: "P1", Name: "unfinished-new", Why: "a reader that finds a half-written file processes half the data", Needs: needs(atomicPuts), Run: unfinishedNew},
	{Rule: "P1", Name: "unfinished-over", Why: "until the new file is whole, the old one must be served", Needs: needs(atomicPuts), Run: unfinishedOver},
	{Rule: "P1", Name: "torn-read", Why: "a reader beside a writer must never see parts of two files", Needs: needs(atomicPuts, oneVersion), Run: tornRead},
	{Rule: "P1", Name: "torn-info", Why: "content with another file's metadata is a wrong file", Needs: needs(atomicPuts, attributes), Run: tornInfo},
	{Rule: "P1", Name: "two-writers", Why: "of two writers one wins whole: the content of one with the type of the other is neither", Needs: needs(atomicPuts, attributes), Run: twoWriters},
	{Rule: "P1", Name: "second-handle", Why: "another process sees the old file or the new one", Needs: needs(atomicPuts), Run: secondHandle},
	{Rule: "P3", Name: "info-is-stat", Why: "a program that keeps Put's answer saves a request", Run: putInfo},
	{Rule: "P3", Name: "version", Why: "the next conditional write starts from Put's answer", Needs: needs(versions, putVersion), Run: putInfoVersion},
	{Rule: "P4", Name: "reopened", Why: "what was acknowledged must be there for whoever opens the store next", Needs: needs(durable), Run: reopened},
	{Rule: "P5", Name: "shorter", Why: "the tail of the old content must not show behind a shorter new one", Run: overwriteShorter},
	{Rule: "P5", Name: "empty", Why: "an empty file replaces too", Run: overwriteEmpty},
	{Rule: "P5", Name: "clears-attributes", Why: "a download served with the last file's encoding or owner is broken or leaked", Needs: needs(attributes), Run: overwriteAttributes},
	{Rule: "P5", Name: "own-content", Why: "a program may stream a file back into itself", Needs: needs(atomicPuts, oneVersion), Run: overwriteItself},
	{Rule: "P5", Name: "read-after-write", Why: "what was put is what is read, at once, whatever it replaced", Run: readAfterWrite},
}

// sizes of uploads that drivers treat differently: small ones at once, large ones staged or in parts.
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

// writers keeps n writers of one name busy until stop is called, which waits for them. The size of each content and its metadata
// tell which one it is.
func (h *H) writers(t T, name string, n, size int) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	options := func(seed int) *files.PutOptions {
		if !h.F.Attributes {
			return nil
		}
		s := strconv.Itoa(seed)
		return &files.PutOptions{Attributes: files.Attributes{ContentType: "x/" + s, Metadata: map[string]string{"seed": s}}}
	}
	put(t, h, name, content(0, size), options(0))
	go func() {
		defer close(done)
		parallel(n, func(w int) {
			for i := 1; ; i++ {
				select {
				case <-quit:
					return
				default:
				}
				seed := i*n + w
				if _, err := h.Put(t.Context(), name, stream(content(seed, size+seed%97)), options(seed)); err != nil {
					t.Errorf("Put of a writer: %v", err)
					return
				}
			}
		})
	}()
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
		for range 25 {
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
	for range 100 {
		info := stat(t, h, "a")
		s := info.Metadata["seed"]
		seed, err := strconv.Atoi(s)
		if err != nil || info.ContentType != "x/"+s || info.Size != int64(size+seed%97) {
			t.Fatalf("Stat tells type %q, metadata %v and size %d, which are not of one Put", info.ContentType, info.Metadata, info.Size)
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
	for range 10 {
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

func putInfo(t T, h *H) {
	for i, size := range []int{0, 1, 3000, 2 << 20} {
		name := fmt.Sprintf("d/%d.csv", size)
		opts := &files.PutOptions{}
		if h.F.Attributes {
			opts.Attributes = files.Attributes{CacheControl: "no-cache", Metadata: map[string]string{"Key": "value"}}
		}
		got := put(t, h, name, content(i, size), opts)
		want := stat(t, h, name)
		same(t, "name", got.Name, name)
		same(t, "size", got.Size, int64(size))
		same(t, "attributes of Put's Info, against Stat's", got.Attributes, want.Attributes)
		if !got.ModTime.IsZero() {
			same(t, "time of Put's Info, against Stat's", got.ModTime, want.ModTime)
		}
		if got.Version != "" {
			same(t, "version of Put's Info, against Stat's", got.Version, want.Version)
		}
		if which := got.Digest.Conflict(want.Digest); which != "" {
			t.Errorf("Put's and Stat's %s differ", which)
		}
		if c := got.Digest.CRC32C; c != "" {
			same(t, "CRC-32C", c, crc32c(content(i, size)))
		}
		if got.IsDir || got.Key != "" {
			t.Errorf("Put's Info is %+v, want that of a file", got.Entry)
		}
	}
}

func putInfoVersion(t T, h *H) {
	for i := range 5 {
		info := put(t, h, "a", content(i, 100), nil)
		if info.Version == "" {
			t.Errorf("Put's Info has no version, but the bucket claims PutVersion")
		}
		same(t, "version of Put's Info, against Stat's", info.Version, stat(t, h, "a").Version)
	}
}

func reopened(t T, h *H) {
	if h.harness.Second == nil {
		t.Skipf("the harness has no second handle")
	}
	old := content(1, 5000)
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{ContentType: "x/y", Metadata: map[string]string{"k": "v"}}
	}
	put(t, h, "d/a", old, opts)
	put(t, h, "d/gone", old, nil)
	remove(t, h, "d/gone")
	if _, err := files.Copy(t.Context(), h.Bucket, "copy", h.Bucket, "d/a", nil); err != nil {
		t.Fatalf("Copy: %v", err)
	}
	before := stat(t, h, "d/a")
	second := h.Second(t)
	if err := h.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	same(t, "Stat after the bucket was closed and opened", stat(t, second, "d/a"), before)
	wantContent(t, second, "d/a", old)
	wantContent(t, second, "copy", old)
	wantOnly(t, second, "d/a", "copy")
}

func overwriteShorter(t T, h *H) {
	for _, size := range []int{2 << 20, 70_000, 4097, 4096, 513, 512, 2, 1} {
		put(t, h, "a", content(size, size), nil)
		wantContent(t, h, "a", content(size, size))
	}
}

func overwriteEmpty(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	put(t, h, "a", nil, nil)
	wantContent(t, h, "a", nil)
	same(t, "size", stat(t, h, "a").Size, int64(0))
	put(t, h, "a", content(2, 10), nil)
	wantContent(t, h, "a", content(2, 10))
}

func overwriteAttributes(t T, h *H) {
	full := files.Attributes{ContentType: "x/y", CacheControl: "no-store", ContentDisposition: "attachment", ContentEncoding: "gzip", ContentLanguage: "de",
		Metadata: map[string]string{"owner": "ann", "kept": "no"}}
	put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	put(t, h, "a", []byte("new"), nil)
	same(t, "attributes after a Put without any", stat(t, h, "a").Attributes, files.Attributes{ContentType: "text/plain; charset=utf-8"})
	put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	part := files.Attributes{ContentType: "x/z", Metadata: map[string]string{"owner": "bob"}}
	put(t, h, "a", []byte("new"), &files.PutOptions{Attributes: part})
	same(t, "attributes after a Put with some", stat(t, h, "a").Attributes, part)
	remove(t, h, "a")
	put(t, h, "a", []byte("new"), nil)
	same(t, "attributes after deleting and putting", stat(t, h, "a").Attributes, files.Attributes{ContentType: "text/plain; charset=utf-8"})
}

func overwriteItself(t T, h *H) {
	for _, size := range []int{100, 2 << 20} {
		c := content(3, size)
		put(t, h, "a", c, nil)
		r, err := h.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		_, err = h.Put(t.Context(), "a", io.MultiReader(r, bytes.NewReader(c[:50])), nil)
		r.Close()
		if err != nil {
			t.Fatalf("Put of the file's own content: %v", err)
		}
		wantContent(t, h, "a", append(c[:size:size], c[:50]...))
	}
}

func readAfterWrite(t T, h *H) {
	for i := range 30 {
		switch c := content(i, 10+i*7%50); i % 3 {
		case 2:
			remove(t, h, "a")
			wantMissing(t, h, "a")
			wantOnly(t, h)
		default:
			put(t, h, "a", c, nil)
			wantContent(t, h, "a", c)
			same(t, "size of Stat after Put", stat(t, h, "a").Size, int64(len(c)))
			wantOnly(t, h, "a")
		}
	}
}

func crc32c(b []byte) string {
	h := files.NewHasher(files.Digest{})
	h.Write(b)
	return h.Sum().CRC32C
}
