package cases

import (
	"bytes"
	"fmt"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var putLargeCases = []suite.Case{
	{
		Rule: "V1",
		Name: "large",
		Why: "different large files must have different versions, also if they are uploaded " +
			"in parts",
		Needs:   feature.Needs(feature.Versions),
		Largest: largeSize,
		Run:     largeVersions,
	},
	{
		Rule:    "P1",
		Name:    "large",
		Why:     "the old file must be readable until the last part has come",
		Needs:   feature.Needs(feature.Atomic),
		Largest: largeSize,
		Run:     largeUnfinished,
	},
	{
		Rule:    "P2",
		Name:    "large",
		Why:     "parts that were stored before the reader failed must not become a file",
		Needs:   feature.Needs(feature.Atomic),
		Largest: largeSize,
		Run:     largeFails,
	},
	{
		Rule:    "P3",
		Name:    "large",
		Why:     "the Info of a Put in parts must be complete too",
		Largest: largeSize,
		Run:     func(t suite.T, h *suite.H) { largeInfo(t, h, largeSize) },
	},
	{
		Rule:    "P5",
		Name:    "large",
		Why:     "a large file must replace a small one as a whole, and the reverse",
		Largest: largeSize,
		Run:     largeReplaces,
	},
	{
		Rule:    "P7",
		Name:    "large",
		Why:     "the attributes of an upload in parts must be stored",
		Needs:   feature.Needs(feature.Attributes),
		Largest: largeSize,
		Run:     func(t suite.T, h *suite.H) { largeAttributes(t, h, largeSize) },
	},
	{
		Rule: "P7",
		Name: "sizes-large",
		Why: "attributes must be stored at any size: large files are uploaded in different " +
			"ways",
		Needs:   feature.Needs(feature.Attributes),
		Long:    true,
		Largest: 17 << 20,
		Run:     func(t suite.T, h *suite.H) { largeAttributes(t, h, 9<<20, 17<<20) },
	},
	{
		Rule:    "P10",
		Name:    "large",
		Why:     "the digest of a large file must be stored and compared",
		Needs:   feature.Needs(feature.Atomic),
		Largest: largeSize,
		Run:     largeDigest,
	},
	{
		Rule:    "P11",
		Name:    "large-once",
		Why:     "the parts of a large file must each be stored once, in order",
		Largest: largeSize,
		Run:     largeWays,
	},
	{
		Rule:    "P11",
		Name:    "hundred-mebibytes",
		Why:     "an upload of many parts must be stored whole",
		Long:    true,
		Largest: hundredMiB,
		Run:     hundredMebibytes,
	},
}

// largeSize is above the 4 and 5 MiB from which drivers, services and SDKs treat a file
// differently, and no multiple of a part's size.
const largeSize = 6<<20 + 777

const hundredMiB = 100<<20 + 1

// fully returns options with all attributes that the bucket takes.
func fully(h *suite.H, mark string) *files.PutOptions {
	o := &files.PutOptions{}
	if h.F.Attributes {
		o.Attributes = files.Attributes{
			ContentType:        "x/" + mark,
			CacheControl:       "no-cache",
			ContentDisposition: "inline",
			ContentEncoding:    "br",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"mark": mark},
		}
	}
	return o
}

// wantSame fails the case if the Info of Put, Stat and Get and the entry of a listing
// differ.
func wantSame(t suite.T, h *suite.H, put files.Info) {
	t.Helper()
	name := term.Quote(put.Name)
	want := check.Stat(t, h, put.Name)
	check.Same(t, "size in Put's Info of "+name, put.Size, want.Size)
	check.Same(t, "attributes in Put's Info of "+name, put.Attributes, want.Attributes)
	if put.Version != "" || h.F.PutReturnsVersion {
		check.Same(t, "version in Put's Info of "+name, put.Version, want.Version)
	}
	if which := put.Digest.Conflict(want.Digest); which != "" {
		t.Errorf("Put's and Stat's %s of %s differ", which, name)
	}
	if h.F.Digests && want.Digest.IsZero() {
		t.Errorf("Stat(%s) has no digest, but the bucket claims Digests", name)
	}
	r := open(t, h, put.Name, nil)
	check.Same(t, "Get's Info of "+name, r.Info(), want)
	r.Close()
	listed := false
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Prefix: put.Name}) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		if e.Name == put.Name {
			listed = true
			wantEntry(t, h, e)
		}
	}
	check.Same(t, "whether "+name+" is listed", listed, true)
}

func largeVersions(t suite.T, h *suite.H) {
	seen := map[files.Version]int{}
	for i := range 3 {
		check.Put(t, h, "a", check.Content(i, largeSize), nil)
		v := current(t, h, "a")
		if v == "" {
			t.Errorf("a large file has no version, but the bucket claims Versions")
		}
		if of, ok := seen[v]; ok {
			t.Errorf("content %d has the version %q of content %d, want another one", i, v, of)
		}
		seen[v] = i
	}
}

func largeUnfinished(t suite.T, h *suite.H) {
	c, old := check.Content(1, largeSize), check.Content(2, 100)
	for _, at := range []int{4<<20 + 1, largeSize - 1} {
		check.Put(t, h, "old", old, nil)
		for name, look := range map[string]func(){
			"d/new": func() {
				check.WantMissing(t, h, "d/new")
				check.WantOnly(t, h, "old")
			},
			"old": func() {
				check.WantContent(t, h, "old", old)
				check.WantOnly(t, h, "old")
			},
		} {
			looked := false
			_, err := h.Put(t.Context(), name, check.Hook(c, at, func() {
				looked = true
				look()
			}), nil)
			if err != nil || !looked {
				t.Fatalf("Put(%q) of %d bytes, with Stat during the upload %v: %v, want no error",
					name, len(c), looked, err)
			}
			check.WantContent(t, h, name, c)
			check.Remove(t, h, "d/new")
			check.Put(t, h, "old", old, nil)
		}
	}
	h.Clean(t, "large uploads")
}

func largeFails(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	brokenPut(t, h, "of a reader that fails after 6 MiB", check.ErrReader,
		func(name string) error {
			_, err := h.Put(t.Context(), name, check.Failing(c, false, check.ErrReader),
				&files.PutOptions{Size: new(int64(largeSize + 1))})
			return err
		})
}

// largeInfo checks the Info of large files of known and of unknown length.
func largeInfo(t suite.T, h *suite.H, size int) {
	c := check.Content(1, size)
	for name, r := range map[string]io.Reader{
		"known.csv":   bytes.NewReader(c),
		"unknown.csv": check.Stream(c),
	} {
		info, err := h.Put(t.Context(), name, r, fully(h, "info"))
		if err != nil {
			t.Fatalf("Put: %v, want no error", err)
		}
		check.Same(t, "size in Put's Info", info.Size, int64(size))
		check.Same(t, "name in Put's Info", info.Name, name)
		if d := info.Digest.CRC32C; d != "" {
			check.Same(t, "CRC-32C in Put's Info", d, crc32c(c))
		}
		wantSame(t, h, info)
	}
}

func largeReplaces(t suite.T, h *suite.H) {
	large, small := check.Content(1, largeSize), check.Content(2, 100)
	for i, c := range [][]byte{small, large, small, large, nil, large} {
		with := i%2 == 0
		o := &files.PutOptions{}
		if with {
			o = fully(h, fmt.Sprint("mark", i))
		}
		check.Put(t, h, "a.css", c, o)
		check.WantContent(t, h, "a.css", c)
		if !h.F.Attributes {
			continue
		}
		want := o.Attributes
		if !with {
			want.ContentType = "text/css; charset=utf-8"
		}
		check.Same(t, fmt.Sprintf("attributes of Put number %d, of %d bytes", i, len(c)),
			check.Stat(t, h, "a.css").Attributes, want)
	}
	check.WantOnly(t, h, "a.css")
}

func largeAttributes(t suite.T, h *suite.H, sizes ...int) {
	for _, n := range sizes {
		c := check.Content(n, n)
		o := fully(h, "large")
		for name, r := range map[string]io.Reader{
			"known":   bytes.NewReader(c),
			"unknown": check.Stream(c),
		} {
			info, err := h.Put(t.Context(), name, r, o)
			if err != nil {
				t.Fatalf("Put of %d bytes: %v, want no error", n, err)
			}
			check.Same(t, "attributes in Put's Info", info.Attributes, o.Attributes)
			wantSame(t, h, info)
		}
	}
	c := append([]byte("%PDF-1.7 "), check.Content(1, largeSize)...)
	check.Put(t, h, "sniffed", c[:largeSize], nil)
	check.Same(t, "attributes of a large file that were not given",
		check.Stat(t, h, "sniffed").Attributes,
		files.Attributes{ContentType: "application/pdf"})
}

func largeDigest(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	right, wrong := allDigests(c), allDigests(c[1:])
	info := check.Put(t, h, "a", c, &files.PutOptions{Digest: right, Size: new(int64(largeSize))})
	wantSame(t, h, info)
	if which := check.Stat(t, h, "a").Digest.Conflict(right); which != "" {
		t.Errorf("Stat's %s of a large file is not that of the content", which)
	}
	before := check.Stat(t, h, "a")
	for what, o := range map[string]*files.PutOptions{
		"a wrong CRC-32C":  {Digest: files.Digest{CRC32C: wrong.CRC32C}},
		"a wrong MD5":      {Digest: files.Digest{MD5: wrong.MD5}},
		"a wrong SHA-256":  {Digest: files.Digest{SHA256: wrong.SHA256}},
		"a size too small": {Size: new(int64(largeSize - 1))},
		"a size too large": {Size: new(int64(largeSize + 1))},
	} {
		for _, name := range []string{"a", "new"} {
			_, err := h.Put(t.Context(), name, check.Stream(c), o)
			check.WantErr(t, "Put of a large file with "+what, err, files.ErrCorrupt)
		}
	}
	check.Same(t, "Stat after Puts that were refused", check.Stat(t, h, "a"), before)
	check.WantOnly(t, h, "a")
	check.WantContent(t, h, "a", c)
	h.Clean(t, "large uploads with wrong digests")
}

// largeWays puts a large content in every way.
func largeWays(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	for what, put := range map[string]func() (files.Info, error){
		"a reader of known length": func() (files.Info, error) {
			return h.Put(t.Context(), "a", bytes.NewReader(c), nil)
		},
		"a stream": func() (files.Info, error) {
			return h.Put(t.Context(), "a", check.Stream(c), nil)
		},
		"a stream of a declared size": func() (files.Info, error) {
			return h.Put(t.Context(), "a", check.Stream(c),
				&files.PutOptions{Size: new(int64(len(c)))})
		},
		"a Writer": func() (files.Info, error) { return writeLarge(t, h, "a", c) },
	} {
		info, err := put()
		if err != nil {
			t.Fatalf("%s of %d bytes: %v, want no error", what, len(c), err)
		}
		check.Same(t, "size in the Info of "+what, info.Size, int64(len(c)))
		check.WantContent(t, h, "a", c)
		check.Remove(t, h, "a")
	}
}

// writeLarge writes the content piece by piece.
func writeLarge(t suite.T, h *suite.H, name string, c []byte) (files.Info, error) {
	w := files.NewWriter(t.Context(), h.Bucket, name, nil)
	defer w.Close()
	for i := 0; i < len(c); i += 77_777 {
		if _, err := w.Write(c[i:min(i+77_777, len(c))]); err != nil {
			return files.Info{}, err
		}
	}
	return w.Commit()
}

// hundredMebibytes has neither the content nor what it reads in memory.
func hundredMebibytes(t suite.T, h *suite.H) {
	o := fully(h, "huge")
	o.Size = new(int64(hundredMiB))
	info, err := h.Put(t.Context(), "huge", check.Generated(hundredMiB), o)
	if err != nil {
		t.Fatalf("Put of %d bytes: %v, want no error", hundredMiB, err)
	}
	if h.F.Attributes {
		check.Same(t, "attributes in Put's Info", info.Attributes, o.Attributes)
	}
	wantSame(t, h, info)
	r := open(t, h, "huge", nil)
	if err := check.WantGenerated(r, 0, hundredMiB); err != nil {
		t.Errorf("the content of %d bytes %v", hundredMiB, err)
	}
	for _, off := range []int64{16 << 20, 64<<20 - 1, 64 << 20, hundredMiB - 5} {
		n := min(5000, hundredMiB-off)
		r := open(t, h, "huge", &files.GetOptions{Range: files.Bytes(off, n)})
		if err := check.WantGenerated(r, off, n); err != nil {
			t.Errorf("the range of %d bytes from %d %v", n, off, err)
		}
		r.Close()
	}
}
