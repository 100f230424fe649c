package conformance

import (
	"bytes"
	"fmt"
	"io"

	"cloudfiles.dev/files"
)

var putOverCases = []Case{
	{
		Rule:    "P3",
		Name:    "info-is-stat",
		Why:     "a program that keeps Put's answer saves a request",
		Largest: 2 << 20,
		Run:     putInfo,
	},
	{
		Rule:  "P3",
		Name:  "version",
		Why:   "the next conditional write starts from Put's answer",
		Needs: needs(versions, putVersion),
		Run:   putInfoVersion,
	},
	{
		Rule:  "P4",
		Name:  "reopened",
		Why:   "what was acknowledged must be there for whoever opens the store next",
		Needs: needs(durable),
		Run:   reopened,
	},
	{
		Rule:    "P5",
		Name:    "shorter",
		Why:     "the tail of the old content must not show behind a shorter new one",
		Largest: 2 << 20,
		Run:     overwriteShorter,
	},
	{
		Rule: "P5",
		Name: "empty",
		Why:  "an empty file replaces too",
		Run:  overwriteEmpty,
	},
	{
		Rule:  "P5",
		Name:  "clears-attributes",
		Why:   "a download served with the last file's encoding or owner is broken or leaked",
		Needs: needs(attributes),
		Run:   overwriteAttributes,
	},
	{
		Rule:    "P5",
		Name:    "own-content",
		Why:     "a program may stream a file back into itself",
		Needs:   needs(atomicPuts, oneVersion),
		Largest: 3 << 20,
		Run:     overwriteItself,
	},
	{
		Rule: "P5",
		Name: "read-after-write",
		Why:  "what was put is what is read, at once, whatever it replaced",
		Run:  readAfterWrite,
	},
}

func putInfo(t T, h *H) {
	for i, size := range []int{0, 1, 3000, 2 << 20} {
		name := fmt.Sprintf("d/%d.csv", size)
		opts := &files.PutOptions{}
		if h.F.Attributes {
			opts.Attributes = files.Attributes{
				CacheControl: "no-cache",
				Metadata:     map[string]string{"Key": "value"},
			}
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
			t.Errorf("Put's Info has no version, but the bucket claims PutReturnsVersion")
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
		opts.Attributes = files.Attributes{
			ContentType: "x/y",
			Metadata:    map[string]string{"k": "v"},
		}
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
	full := files.Attributes{
		ContentType:        "x/y",
		CacheControl:       "no-store",
		ContentDisposition: "attachment",
		ContentEncoding:    "gzip",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"owner": "ann", "kept": "no"},
	}
	put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	put(t, h, "a", []byte("new"), nil)
	same(t, "attributes after a Put without any", stat(t, h, "a").Attributes,
		files.Attributes{ContentType: "text/plain; charset=utf-8"})
	put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	part := files.Attributes{ContentType: "x/z", Metadata: map[string]string{"owner": "bob"}}
	put(t, h, "a", []byte("new"), &files.PutOptions{Attributes: part})
	same(t, "attributes after a Put with some", stat(t, h, "a").Attributes, part)
	remove(t, h, "a")
	put(t, h, "a", []byte("new"), nil)
	same(t, "attributes after deleting and putting", stat(t, h, "a").Attributes,
		files.Attributes{ContentType: "text/plain; charset=utf-8"})
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
