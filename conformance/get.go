package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"cloudfiles.dev/files"
)

var getCases = []Case{
	{Rule: "G1", Name: "missing", Why: "a program asks errors.Is(err, ErrNotExist), or the standard library's name for it, at the call", Run: getMissing},
	{Rule: "G1", Name: "below-a-file", Why: "a name below a file's name is only missing", Run: missingBelowFile},
	{Rule: "G1", Name: "then-created", Why: "an answer that something is missing must not be remembered", Run: missingThenCreated},
	{Rule: "G2", Name: "info", Why: "the type, size and version of the very body that is served, without a second request", Run: getInfo},
	{Rule: "G2", Name: "info-of-a-range", Why: "a server needs the whole size to answer a range", Run: getInfoRange},
	{Rule: "G4", Name: "overwritten", Why: "a body of two versions is a file that never existed", Needs: needs(oneVersion), Run: overwrittenWhileRead},
	{Rule: "G4", Name: "deleted", Why: "a download in progress ends as one file, or is told", Needs: needs(oneVersion), Run: deletedWhileRead},
	{Rule: "G4", Name: "recreated", Why: "a file put again is another one", Needs: needs(oneVersion), Run: recreatedWhileRead},
	{Rule: "G4", Name: "info-pinned", Why: "the Info that came with the body belongs to it", Needs: needs(oneVersion), Run: infoPinned},
	{Rule: "G5", Name: "short-body", Why: "a connection that was cut must not pass for the end of the file", Run: shortBody},
	{Rule: "G5", Name: "resumed", Why: "a download of hours must survive a connection that breaks", Needs: needs(readCondition), Run: resumed},
	{Rule: "G5", Name: "resumed-pinned", Why: "what is fetched after the break must be of the same file", Needs: needs(readCondition, oneVersion), Run: resumedPinned},
	{Rule: "G5", Name: "given-up", Why: "a connection that gives nothing, again and again, must end in an error", Needs: needs(readCondition), Run: resumedGivenUp},
	{Rule: "G6", Name: "damage", Why: "a disk that lost a bit must not be believed", Needs: needs(digests), Run: damage},
	{Rule: "G6", Name: "damage-on-the-way", Why: "damage between the store and the reader is damage too", Needs: needs(digests), Run: damageOnTheWay},
	{Rule: "G6", Name: "not-checked", Why: "a range, and a read that skips the check, must still work", Needs: needs(digests), Run: damageUnchecked},
	{Rule: "G8", Name: "not-modified", Why: "a cache asks whether its copy is current, and pays for no body", Needs: needs(versions, readCondition), Run: notModified},
	{Rule: "G8", Name: "modified", Why: "a cache that is told that an old copy is current serves old data", Needs: needs(versions, readCondition), Run: modified},
	{Rule: "G8", Name: "if-version", Why: "several reads of one state are how large files are read in parallel", Needs: needs(versions, readCondition), Run: getIfVersion},
	{Rule: "S1", Name: "is-get", Why: "what Stat says and what Get serves must be one file", Run: statIsGet},
	{Rule: "S1", Name: "directory", Why: "a directory is not a file: an upload check by Stat must not find one", Run: statDirectory},
	{Rule: "S1", Name: "every-field", Why: "each field is somebody's only source", Needs: needs(attributes), Run: statFields},
}

func getMissing(t T, h *H) {
	puts(t, h, "a", "d/x")
	for _, name := range []string{"missing", "a.txt", "A", "d", "d/y", "d/x.txt", "no/such/dir", "aa"} {
		for _, m := range methods(t, h.Bucket, name) {
			if m.name != "Get" && m.name != "Stat" && m.name != "Copy from" && m.name != "Move from" {
				continue
			}
			err := m.call(t.Context())
			what := fmt.Sprintf("%s(%q)", m.name, name)
			wantErr(t, what, err, files.ErrNotExist)
			wantErr(t, what, err, fs.ErrNotExist)
		}
	}
	wantOnly(t, h, "a", "d/x")
}

func missingBelowFile(t T, h *H) {
	puts(t, h, "a")
	wantMissing(t, h, "a/b")
	wantMissing(t, h, "a/b/c")
	if err := h.Delete(t.Context(), "a/b", nil); err != nil {
		t.Errorf("Delete below a file's name: %v, want no error", err)
	}
	wantList(t, h, "a", nil)
	wantContent(t, h, "a", []byte("a"))
}

func missingThenCreated(t T, h *H) {
	for i := range 5 {
		name := fmt.Sprintf("d%d/a", i)
		wantMissing(t, h, name)
		wantList(t, h, fmt.Sprintf("d%d", i), nil)
		put(t, h, name, content(i, 10), nil)
		same(t, "size of what was missing", stat(t, h, name).Size, int64(10))
		wantContent(t, h, name, content(i, 10))
		wantList(t, h, fmt.Sprintf("d%d", i), nil, name)
	}
}

func getInfo(t T, h *H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{ContentType: "x/y", CacheControl: "no-cache", Metadata: map[string]string{"k": "v"}}
	}
	for _, n := range []int{0, 1, 100_000} {
		put(t, h, "d/a", content(n, n), opts)
		_, info := get(t, h, "d/a", nil)
		same(t, "Info of Get, against Stat's", info, stat(t, h, "d/a"))
		same(t, "size", info.Size, int64(n))
	}
}

func getInfoRange(t T, h *H) {
	put(t, h, "a.txt", content(1, 1000), nil)
	want := stat(t, h, "a.txt")
	for _, r := range []files.Range{files.Bytes(10, 20), files.From(990), files.Last(5), files.Bytes(0, 0), files.From(1000), files.From(5000)} {
		_, info := get(t, h, "a.txt", &files.GetOptions{Range: r})
		same(t, fmt.Sprintf("Info of Get of the range %v, against Stat's", r), info, want)
	}
}

// whileRead opens the file, reads a little, lets change happen, and reads on: the old content to its end, or ErrChanged.
func whileRead(t T, h *H, change func(size int)) {
	t.Helper()
	for _, size := range []int{10, 5000, 100_000, 1<<20 + 1} {
		for _, first := range []int{0, 1, size / 2} {
			if size > 1<<20 && first != 1 {
				continue // what is ahead of the reader is larger than any buffer
			}
			old := content(1, size)
			put(t, h, "a", old, nil)
			r, err := h.Get(t.Context(), "a", nil)
			if err != nil {
				t.Fatalf("Get: %v", err)
			}
			got := make([]byte, first, size*2)
			if _, err := io.ReadFull(r, got); err != nil {
				t.Fatalf("Read: %v", err)
			}
			change(size)
			rest, err := io.ReadAll(r)
			r.Close()
			got = append(got, rest...)
			switch {
			case errors.Is(err, files.ErrChanged):
				old = old[:min(len(got), len(old))]
			case err != nil:
				t.Errorf("reading on after the change: %v, want the old content or ErrChanged", err)
				continue
			}
			if d := diff(got, old); d != "" {
				t.Errorf("the body of a file of %d bytes that was changed behind byte %d %s", size, first, d)
			}
		}
	}
}

func overwrittenWhileRead(t T, h *H) {
	whileRead(t, h, func(size int) { put(t, h, "a", content(2, size), nil) })
	whileRead(t, h, func(size int) { put(t, h, "a", content(2, size/2), nil) })
	whileRead(t, h, func(size int) { put(t, h, "a", nil, nil) })
	whileRead(t, h, func(size int) { put(t, h, "a", content(2, size*2), nil) })
}

func deletedWhileRead(t T, h *H) {
	whileRead(t, h, func(int) { remove(t, h, "a") })
}

func recreatedWhileRead(t T, h *H) {
	whileRead(t, h, func(size int) {
		remove(t, h, "a")
		put(t, h, "a", content(2, size), nil)
	})
}

func infoPinned(t T, h *H) {
	put(t, h, "a", content(1, 1000), nil)
	before := stat(t, h, "a")
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	defer r.Close()
	put(t, h, "a", content(2, 500), nil)
	same(t, "Info of a body whose file was replaced", r.Info(), before)
	same(t, "Len of a body whose file was replaced", r.Len(), int64(1000))
}

// ending ends the body after n bytes, as a connection does that breaks and isn't looked at.
type ending struct {
	io.Reader
	n int
}

func (c *ending) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, io.EOF
	}
	n, err := c.Reader.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

func shortBody(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	for _, at := range []int{0, 1, 4999} {
		b := bodies(h, func(r io.Reader) io.Reader { return &ending{r, at} })
		p, _, err := read(t.Context(), b, "a", nil)
		if err == nil {
			t.Errorf("a body that ended after %d of %d bytes: no error", at, len(c))
		}
		if d := diff(p, c[:min(len(p), at)]); d != "" {
			t.Errorf("a body that ended after %d bytes %s", at, d)
		}
		r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 5000)})
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		if _, err := r.WriteTo(io.Discard); err == nil {
			t.Errorf("WriteTo of a body that ended after %d of %d bytes: no error", at, len(c))
		}
		r.Close()
	}
}

// cut makes connections break.
func (h *H) cut(t T, n int64) {
	t.Helper()
	if h.harness.Cut == nil {
		t.Skipf("the harness can't cut connections")
	}
	h.harness.Cut(t, h.Bucket, n)
}

func resumed(t T, h *H) {
	c := content(1, 10_000)
	put(t, h, "a", c, nil)
	for _, n := range []int64{1000, 1, 4999, 9999, 10_000, -1} {
		if n == 1 && len(c) > 300 { // each byte a connection: a short file will do
			put(t, h, "a", c[:300], nil)
		} else {
			put(t, h, "a", c, nil)
		}
		h.cut(t, n)
		p, info := get(t, h, "a", nil)
		if d := diff(p, c[:info.Size]); d != "" {
			t.Errorf("read over connections that break after %d bytes, the content %s", n, d)
		}
		wantRange(t, h, "a", c[:info.Size], files.Bytes(100, 150))
		wantRange(t, h, "a", c[:info.Size], files.Last(77))
	}
}

func resumedPinned(t T, h *H) {
	for what, change := range map[string]func(){"replaced": func() { put(t, h, "a", content(2, 10_000), nil) }, "deleted": func() { remove(t, h, "a") }} {
		old := content(1, 10_000)
		put(t, h, "a", old, nil)
		h.cut(t, 1000)
		r := open(t, h, "a", nil)
		first, err := r.ReadN(500)
		if err != nil {
			t.Fatalf("ReadN: %v", err)
		}
		change()
		rest, err := r.ReadAll()
		if !isAny(err, files.ErrChanged) {
			t.Errorf("a file that was %s before its connection broke: got %s after %d bytes, want ErrChanged", what, errText(err), len(rest)+500)
		}
		got := append(first, rest...)
		if d := diff(got, old[:min(len(got), len(old))]); d != "" {
			t.Errorf("what was read of a file that was %s %s", what, d)
		}
		h.cut(t, -1)
	}
}

func resumedGivenUp(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	h.cut(t, 0)
	p, _, err := read(t.Context(), h, "a", nil)
	wantErr(t, "reading over connections that give nothing", err, files.ErrUnavailable)
	if len(p) != 0 {
		t.Errorf("connections that give nothing gave %d bytes", len(p))
	}
	h.cut(t, -1)
	wantContent(t, h, "a", content(1, 5000))
}

// bodies returns the bucket with the bodies of its files changed.
func bodies(h *H, change func(io.Reader) io.Reader) files.Bucket {
	return files.Wrap(h.Bucket, files.Hooks{Body: func(_ ctx, _ *files.Call, r io.Reader) io.Reader { return change(r) }})
}

func damage(t T, h *H) {
	if h.harness.Damage == nil {
		t.Skipf("the harness can't damage a file")
	}
	for i, size := range []int{1, 100, 5000, 2 << 20} {
		name := fmt.Sprintf("d/f%d", i)
		c := content(i, size)
		put(t, h, name, c, nil)
		h.harness.Damage(t, h.Bucket, name)
		wantDamage(t, h, name, c)
	}
}

// wantDamage fails where a whole read of a damaged file ends well, or hands out its last bytes.
func wantDamage(t T, b files.Bucket, name string, c []byte) {
	t.Helper()
	p, _, err := read(t.Context(), b, name, nil)
	wantErr(t, fmt.Sprintf("reading the damaged %q of %d bytes", name, len(c)), err, files.ErrCorrupt)
	if len(p) >= len(c) {
		t.Errorf("all %d bytes of the damaged %q were handed out, want the last ones held back", len(p), name)
	}
	var buf bytes.Buffer
	r, err := b.Get(t.Context(), name, nil)
	if err != nil {
		if !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("Get: %v", err)
		}
		return
	}
	defer r.Close()
	_, err = r.WriteTo(&buf)
	wantErr(t, "WriteTo of the damaged file", err, files.ErrCorrupt)
	if n, again := r.Read(make([]byte, 10)); n != 0 || !errors.Is(again, files.ErrCorrupt) {
		t.Errorf("Read after ErrCorrupt: %d bytes and %v, want the error again", n, again)
	}
}

// flip changes the byte at the offset.
func flip(r io.Reader, at int) io.Reader {
	pos := 0
	return readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		if i := at - pos; i >= 0 && i < n {
			p[i] ^= 1
		}
		pos += n
		return n, err
	})
}

func damageOnTheWay(t T, h *H) {
	for i, size := range []int{1, 100, 2 << 20} {
		name, c := fmt.Sprintf("f%d", i), content(i, size)
		put(t, h, name, c, nil)
		for _, at := range []int{0, size / 2, size - 1} {
			wantDamage(t, bodies(h, func(r io.Reader) io.Reader { return flip(r, at) }), name, c)
		}
		wantContent(t, h, name, c)
	}
}

func damageUnchecked(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	b := bodies(h, func(r io.Reader) io.Reader { return flip(r, 10) })
	for what, o := range map[string]*files.GetOptions{"a range": {Range: files.Bytes(0, 4999)}, "SkipVerify": {SkipVerify: true}} {
		if p, _, err := read(t.Context(), b, "a", o); err != nil || len(p) < 4999 {
			t.Errorf("reading a damaged file by %s: %d bytes, %v, want no error", what, len(p), err)
		}
	}
}

func notModified(t T, h *H) {
	for i, n := range []int{0, 10, 100_000} {
		put(t, h, "a", content(i, n), nil)
		v := current(t, h, "a")
		for _, r := range []files.Range{{}, files.Bytes(0, 5), files.Last(3)} {
			body, err := h.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: v, Range: r})
			wantErr(t, "Get with IfNotVersion of the current version", err, files.ErrNotModified)
			if err == nil {
				body.Close()
			}
		}
	}
}

func modified(t T, h *H) {
	put(t, h, "a", content(1, 10), nil)
	v := current(t, h, "a")
	put(t, h, "a", content(2, 10), nil)
	for _, v := range []files.Version{v, "no-such-version"} {
		p, _ := get(t, h, "a", &files.GetOptions{IfNotVersion: v})
		if d := diff(p, content(2, 10)); d != "" {
			t.Errorf("the body with IfNotVersion %s", d)
		}
		_, _, err := read(t.Context(), h, "missing", &files.GetOptions{IfNotVersion: v})
		wantErr(t, "Get with IfNotVersion of a missing file", err, files.ErrNotExist)
	}
	remove(t, h, "a")
	_, _, err := read(t.Context(), h, "a", &files.GetOptions{IfNotVersion: v})
	wantErr(t, "Get with IfNotVersion of a deleted file", err, files.ErrNotExist)
}

func getIfVersion(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	v := current(t, h, "a")
	for off := 0; off < 5000; off += 1250 {
		p, _ := get(t, h, "a", &files.GetOptions{IfVersion: v, Range: files.Bytes(int64(off), 1250)})
		if d := diff(p, c[off:off+1250]); d != "" {
			t.Errorf("part at %d %s", off, d)
		}
	}
	put(t, h, "a", content(2, 5000), nil)
	for _, r := range []files.Range{{}, files.Bytes(10, 5)} {
		_, _, err := read(t.Context(), h, "a", &files.GetOptions{IfVersion: v, Range: r})
		wantErr(t, "Get with IfVersion of a replaced file", err, files.ErrPrecondition)
	}
	remove(t, h, "a")
	if _, _, err := read(t.Context(), h, "a", &files.GetOptions{IfVersion: v}); !isAny(err, files.ErrPrecondition, files.ErrNotExist) {
		t.Errorf("Get with IfVersion of a deleted file: got %s, want ErrNotExist or ErrPrecondition", errText(err))
	}
}

func statIsGet(t T, h *H) {
	for i, name := range []string{"a", "d/a.txt", "d/ünï.png", "e/%41"} {
		put(t, h, name, content(i, i*1000), nil)
		_, info := get(t, h, name, nil)
		same(t, "Stat, against Get", stat(t, h, name), info)
	}
}

func statDirectory(t T, h *H) {
	puts(t, h, "d/e/x")
	for _, dir := range []string{"d", "d/e"} {
		_, err := h.Stat(t.Context(), dir, nil)
		wantErr(t, fmt.Sprintf("Stat(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Get(t.Context(), dir, nil)
		wantErr(t, fmt.Sprintf("Get(%q) of a directory", dir), err, files.ErrNotExist)
		_, err = h.Stat(t.Context(), dir+"/", nil)
		wantErr(t, fmt.Sprintf("Stat(%q)", dir+"/"), err, files.ErrInvalidName)
	}
}

func statFields(t T, h *H) {
	a := files.Attributes{ContentType: "text/x", CacheControl: "no-store", ContentDisposition: "inline", ContentEncoding: "br", ContentLanguage: "en", Metadata: map[string]string{"k": "v"}}
	put(t, h, "d/a", content(1, 1234), &files.PutOptions{Attributes: a})
	i := stat(t, h, "d/a")
	same(t, "Name", i.Name, "d/a")
	same(t, "Size", i.Size, int64(1234))
	same(t, "IsDir", i.IsDir, false)
	same(t, "Key", i.Key, "")
	same(t, "Attributes", i.Attributes, a)
	same(t, "has a version", i.Version != "", h.F.Versions)
	if i.ModTime.IsZero() && h.F.TimeResolution > 0 {
		t.Errorf("Stat has no ModTime, but the bucket has a TimeResolution")
	}
}
