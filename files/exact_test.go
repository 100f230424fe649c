package files_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestDigestsExactly: a digest has exactly its number of digits, each of them
// hexadecimal.
func TestDigestsExactly(t *testing.T) {
	var d files.Digest
	for field, n := range map[*string]int{
		&d.CRC32C: 8, &d.MD5: 32, &d.SHA256: 64, &d.CRC32: 8, &d.CRC64NVME: 16,
	} {
		for length := range 2 * n {
			*field = strings.Repeat("F", length)
			got, err := d.Normalize()
			if (err == nil) != (length == 0 || length == n) ||
				err == nil && got.IsZero() != (length == 0) {
				t.Errorf("%+v: %v, %v, want %d digits", d, got, err, n)
			}
		}
		for c := range 256 {
			*field = strings.Repeat("0", n-1) + string([]byte{byte(c)})
			_, err := d.Normalize()
			hex := strings.IndexByte("0123456789abcdefABCDEF", byte(c)) >= 0
			if (err == nil) != hex {
				t.Errorf("Normalize of %+v: %v, and it is hexadecimal: %v", d, err, hex)
			}
		}
		*field = ""
	}
}

// TestCopyOntoItselfWithoutAVersion: a copy onto itself that changes nothing needs no
// version, and one that another writer always comes before ends after as many attempts
// as Update.
func TestCopyOntoItselfWithoutAVersion(t *testing.T) {
	store := &blank{Backend: driver.Unwrap(mem.New(nil))}
	b := &claiming{driver.New(store)}
	put(t, b, "a", "text")
	writes := store.writes
	info, err := files.Copy(ctx, b, "a", b, "a", nil)
	if err != nil || info.Size != 4 || store.writes != writes {
		t.Errorf("Copy = %+v, %v after %d writes, want the Info and none", info, err,
			store.writes-writes)
	}
	_, err = files.Copy(ctx, b, "a", b, "a",
		&files.CopyOptions{Attributes: &files.Attributes{CacheControl: "x"}})
	if is(t, err, files.ErrUnsupported); store.writes != writes {
		t.Error("a copy with new attributes writes a file without a version")
	}
	inner := mem.New(nil)
	put(t, inner, "a", "text")
	puts := 0
	busy := withoutServerCopy(inner,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				puts++
				return files.ErrPrecondition
			}
			return next(ctx)
		})
	changed := &files.CopyOptions{Attributes: &files.Attributes{CacheControl: "x"}}
	_, err = files.Copy(ctx, busy, "a", busy, "a", changed)
	if is(t, err, files.ErrPrecondition); puts != files.DefaultUpdateAttempts {
		t.Errorf("%d attempts, want %d", puts, files.DefaultUpdateAttempts)
	}
	stat, _ := inner.Stat(ctx, "a", nil)
	for what, o := range map[string]files.CopyOptions{
		"a condition":           {If: files.IfVersion(stat.Version)},
		"a source of a version": {IfSource: stat.Version},
	} {
		puts, o.Attributes = 0, changed.Attributes
		_, err = files.Copy(ctx, busy, "a", busy, "a", &o)
		if is(t, err, files.ErrPrecondition); puts != 1 {
			t.Errorf("%d attempts with %s, want 1", puts, what)
		}
	}
}

// TestDownloadSaysWhoFailed: an error of reading is the bucket's own, and one of the
// writer says that it is the target's.
func TestDownloadSaysWhoFailed(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	bad := damaged(b)
	for what, download := range map[string]func(b files.Bucket, fails bool) error{
		"Download": func(b files.Bucket, fails bool) error {
			w := io.Discard
			if fails {
				w = writerFunc(func([]byte) (int, error) { return 0, errBroken })
			}
			_, err := files.Download(ctx, b, "a", w, nil)
			return err
		},
		"DownloadAt": func(b files.Bucket, fails bool) error {
			s := &sink{}
			if fails {
				_, err := files.DownloadAt(ctx, b, "a", brokenAt{}, nil)
				return err
			}
			_, err := files.DownloadAt(ctx, b, "a", s, nil)
			return err
		},
	} {
		err := download(bad, false)
		if is(t, err, files.ErrCorrupt); strings.Contains(err.Error(), "target") {
			t.Errorf("%s of a damaged file: %v, want no word of the target", what, err)
		}
		err = download(b, true)
		if is(t, err, errBroken); !strings.Contains(err.Error(), "the target: it broke") {
			t.Errorf("%s to a writer that fails: %v, want one that says so", what, err)
		}
		err = download(around(b, func(context.Context, *files.Call,
			func(context.Context) error) error {
			return &files.Error{Op: files.OpGet, Name: "other", Kind: files.ErrPermission}
		}), false)
		if is(t, err, files.ErrPermission); strings.Contains(err.Error(), "target") {
			t.Errorf("%s of a refused file: %v, want no word of the target", what, err)
		}
	}
	// A writer's *Error is that of another file, or of another operation.
	for _, other := range []error{
		driver.NewError(files.OpGet, "b", files.ErrPermission),
		driver.NewError(files.OpPut, "a", files.ErrPermission),
	} {
		_, err := files.Download(ctx, b, "a", writerFunc(func([]byte) (int, error) {
			return 0, other
		}), nil)
		var e *files.Error
		if !errors.As(err, &e) || e.Op != files.OpGet || e.Name != "a" ||
			!strings.Contains(e.Detail, "the target") {
			t.Errorf("a writer that returns %v: %v, want one of a's target", other, err)
		}
	}
}

// brokenAt is an io.WriterAt that fails.
type brokenAt struct{}

func (brokenAt) WriteAt([]byte, int64) (int, error) { return 0, errBroken }

// TestDeleteManyBatches: DeleteMany passes the names in batches of 1,000, and none that
// is empty.
func TestDeleteManyBatches(t *testing.T) {
	for n, want := range map[int][]int{
		0: nil, 1: {1}, 999: {999}, 1000: {1000}, 1001: {1000, 1}, 2000: {1000, 1000},
	} {
		var got []int
		b := around(mem.New(nil),
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op == files.OpDeleteMany {
					got = append(got, len(c.Names))
				}
				return next(ctx)
			})
		var names iter.Seq[string] = func(yield func(string) bool) {
			for i := range n {
				if !yield(fmt.Sprint(i)) {
					return
				}
			}
		}
		res, err := files.DeleteMany(ctx, b, names)
		if err != nil || res.Deleted != int64(n) || !slices.Equal(got, want) {
			t.Errorf("%d names: %d deleted in batches of %v, %v, want %v", n, res.Deleted, got, err,
				want)
		}
	}
}

// TestPagesExactly: a page has 1 to MaxPage entries, and a token is one whole text that
// ListPage made for this listing.
func TestPagesExactly(t *testing.T) {
	b := mem.New(nil)
	for _, n := range []string{"a", "b", "c"} {
		put(t, b, n, "x")
	}
	for limit, ok := range map[int]bool{
		-1: false, 0: false, 1: true, 2: true, 3: true, files.MaxPage: true,
		files.MaxPage + 1: false,
	} {
		page, next, err := files.ListPage(ctx, b, "", "", limit, nil)
		if ok && (err != nil || len(page) != min(limit, 3) || (next == "") != (limit >= 3)) {
			t.Errorf("limit %d: %d entries, token %q, %v", limit, len(page), next, err)
		}
		if !ok && !errors.Is(err, files.ErrInvalid) {
			t.Errorf("limit %d: %v, want ErrInvalid", limit, err)
		}
	}
	_, next, err := files.ListPage(ctx, b, "", "", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := slices.Clone(raw)
		bad[i] ^= 1
		for _, token := range []string{
			base64.RawURLEncoding.EncodeToString(bad),
			base64.RawURLEncoding.EncodeToString(raw[:i]),
			next[:i] + "\n" + next[i:],
			next[:i] + "\r" + next[i:],
		} {
			if page, _, err := files.ListPage(ctx, b, "", token, 1, nil); token != "" &&
				(!errors.Is(err, files.ErrInvalid) || page != nil) {
				t.Errorf("token %q: %v, %v, want ErrInvalid", token, page, err)
			}
		}
	}
	for what, o := range map[string]*files.ListOptions{
		"Shallow":    {Shallow: true},
		"Prefix":     {Prefix: "b"},
		"StartAfter": {StartAfter: "0"},
		"Limit":      {Limit: 1},
	} {
		if _, _, err := files.ListPage(ctx, b, "", next, 1, o); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("the token with another %s: %v, want ErrInvalid", what, err)
		}
	}
	if _, _, err := files.ListPage(ctx, b, "d", next, 1, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("the token in another directory: %v, want ErrInvalid", err)
	}
	page, _, err := files.ListPage(ctx, b, "", next, 1, &files.ListOptions{NamesOnly: true})
	if err != nil || len(page) != 1 || page[0].Name != "b" {
		t.Errorf("the token with NamesOnly: %v, %v, want b", page, err)
	}
}

// TestPartsExactly: DownloadAt makes one request for each part, the first of which is
// for the whole file.
func TestPartsExactly(t *testing.T) {
	const part = 64 << 10
	for size, want := range map[int]int64{
		0: 1, 1: 1, part: 1, part + 1: 2, 2 * part: 2, 2*part + 1: 3, 3 * part: 3,
	} {
		r := newRemote(t)
		content := randomBytes(size)
		r.put(t, "f", content)
		for _, concurrency := range []int{0, 1, 2} {
			r.gets.Store(0)
			var got sink
			info, err := files.DownloadAt(ctx, r, "f", &got,
				&files.DownloadAtOptions{PartSize: part, Concurrency: concurrency})
			if err != nil || info.Size != int64(size) || !bytes.Equal(got.content, content) {
				t.Errorf("%d bytes: %+v, %v", size, info, err)
			}
			if n := r.gets.Load(); n != want && concurrency != 1 || concurrency == 1 && n != 1 {
				t.Errorf("%d bytes, %d at a time: %d requests, want %d", size, concurrency, n, want)
			}
		}
	}
	for _, o := range []files.DownloadAtOptions{{PartSize: -1}, {Concurrency: -1}} {
		_, err := files.DownloadAt(ctx, newRemote(t), "f", &sink{}, &o)
		is(t, err, files.ErrInvalid)
	}
}

// TestSizesExactly: a wrapper with smaller largest sizes takes content of exactly those
// sizes, with and without a declared size, as a stream and from memory.
func TestSizesExactly(t *testing.T) {
	for _, c := range []struct {
		below, outer       int64 // MaxSize
		unknown            int64 // the wrapper's MaxUnknownSize
		declared, streamed int64 // what is taken at most
	}{
		{0, 5, 0, 5, 5},
		{0, 1, 0, 1, 1},
		{0, 5, 3, 5, 3},
		{5, 5, 0, 5, 5},
		{4, 5, 0, 4, 4},
		{6, 5, 0, 5, 5},
		{6, 0, 0, 6, 6},
		{0, 0, 3, 9, 3},
	} {
		store := mem.New(nil)
		b := claimsLess(claimsLess(store, func(f *files.Features) { f.MaxSize = c.below }),
			func(f *files.Features) { f.MaxSize, f.MaxUnknownSize = c.outer, c.unknown })
		for n := range int64(10) {
			text := strings.Repeat("x", int(n))
			for what, put := range map[string]struct {
				content io.Reader
				size    *int64
				most    int64
			}{
				"declared":  {strings.NewReader(text), &n, c.declared},
				"in memory": {strings.NewReader(text), nil, c.streamed},
				"a stream":  {io.MultiReader(strings.NewReader(text)), nil, c.streamed},
			} {
				store.Delete(ctx, "a", nil)
				_, err := b.Put(ctx, "a", put.content, &files.PutOptions{Size: put.size})
				if n <= put.most && err != nil ||
					n > put.most && !errors.Is(err, files.ErrTooLarge) {
					t.Errorf("%+v: %d bytes, %s: %v", c, n, what, err)
				}
				if ok, _ := files.Exists(ctx, store, "a"); ok != (err == nil) {
					t.Errorf("%+v: %d bytes, %s: %v, and it is stored: %v", c, n, what, err, ok)
				}
			}
		}
	}
}

// TestMaskedCopy: a wrapper refuses the conditions and attributes of a copy that it
// doesn't claim, although the bucket below has them, and copies without them.
func TestMaskedCopy(t *testing.T) {
	attributes := &files.Attributes{CacheControl: "no-store"}
	for what, c := range map[string]struct {
		less    func(*files.Features)
		refused []files.CopyOptions
	}{
		"IfAbsent": {func(f *files.Features) { f.IfAbsent = false }, []files.CopyOptions{
			{If: files.IfAbsent()},
			{If: files.IfAbsent(), Attributes: attributes},
		}},
		"IfVersion": {func(f *files.Features) { f.IfVersion = false }, []files.CopyOptions{
			{If: files.IfVersion("v")},
			{If: files.IfVersion("v"), Attributes: attributes},
		}},
		"attributes": {func(f *files.Features) { f.Attributes = false }, []files.CopyOptions{
			{Attributes: attributes},
			{If: files.IfAbsent(), Attributes: attributes},
		}},
	} {
		store := mem.New(nil)
		put(t, store, "a", "text")
		b := claimsLess(store, c.less)
		for _, o := range c.refused {
			_, err := files.Copy(ctx, b, "b", b, "a", &o)
			is(t, err, files.ErrUnsupported)
			missing(t, store, "b")
		}
		plain := &files.Attributes{ContentType: "text/plain"}
		for _, o := range []files.CopyOptions{{}, {Attributes: plain}} {
			if _, err := files.Copy(ctx, b, "b", b, "a", &o); err != nil {
				t.Errorf("without %s: Copy(%+v) = %v, want no error", what, o, err)
			}
			has(t, store, "b", "text")
		}
	}
}

// TestLongestNames: a wrapper takes names of exactly the length that it claims, and of
// 1024 bytes if it claims none or an impossible one. If it makes names longer, it claims
// what is left of the length below, and at least one byte.
func TestLongestNames(t *testing.T) {
	for claimed, want := range map[int]int{
		-1: 1024, 0: 1024, 1: 1, 2: 2, 1023: 1023, 1024: 1024, 1025: 1024,
	} {
		b := claimsLess(mem.New(nil), func(f *files.Features) { f.MaxName = claimed })
		if got := b.Features().MaxName; got != want {
			t.Errorf("MaxName %d is claimed as %d, want %d", claimed, got, want)
		}
		put(t, b, strings.Repeat("n", want), "text")
		_, err := files.PutString(ctx, b, strings.Repeat("n", want+1), "text", nil)
		is(t, err, files.ErrInvalidName)
	}
	for extra, want := range map[int]int{0: 1024, 1: 1023, 1022: 2, 1023: 1, 1024: 1, 2000: 1} {
		b := files.Wrap(mem.New(nil), files.Hooks{Names: &files.NameMap{Extra: extra}})
		if got := b.Features().MaxName; got != want {
			t.Errorf("names that become %d bytes longer may have %d, want %d", extra, got, want)
		}
	}
	for dir, ok := range map[int]bool{1022: true, 1023: false} { // "dir/x" has two bytes more
		_, err := files.Sub(mem.New(nil), strings.Repeat("d", dir))
		if (err == nil) != ok {
			t.Errorf("Sub of a directory of %d bytes: %v", dir, err)
		}
	}
}

// TestSigningClaims: a wrapper that can't sign for a method has none of the options of
// that method, and keeps those of others.
func TestSigningClaims(t *testing.T) {
	signer := claimsLess(signing{mem.New(nil)}, func(f *files.Features) {
		f.SignHead, f.SignResponse = true, true
		f.SignContentType, f.SignSize, f.SignIfAbsent = true, true, true
	})
	for what, less := range map[string]func(*files.Features){
		"PUT":      func(f *files.Features) { f.SignPut = false },
		"GET":      func(f *files.Features) { f.SignGet = false },
		"IfAbsent": func(f *files.Features) { f.IfAbsent = false },
		"nothing":  func(*files.Features) {},
	} {
		f := claimsLess(signer, less).Features()
		for option, has := range map[string]bool{"GET": f.SignHead, "GET too": f.SignResponse} {
			if has != (what != "GET") {
				t.Errorf("without %s: the option of %s is %v", what, option, has)
			}
		}
		for option, has := range map[string]bool{"type": f.SignContentType, "size": f.SignSize} {
			if has != (what != "PUT") {
				t.Errorf("without %s: a PUT is bound to its %s: %v", what, option, has)
			}
		}
		if f.SignIfAbsent != (what != "PUT" && what != "IfAbsent") {
			t.Errorf("without %s: SignIfAbsent is %v", what, f.SignIfAbsent)
		}
	}
}

// TestOneVersionExactly: a File of a bucket without conditional reads compares what its
// responses report: the version, or the time if there are no versions, and the size.
func TestOneVersionExactly(t *testing.T) {
	now := time.Now()
	const size = 1 << 20
	for what, c := range map[string]struct {
		first, later files.Entry
		same         bool
	}{
		"nothing new": {
			files.Entry{Version: "v", ModTime: now, Size: size},
			files.Entry{Version: "v", ModTime: now.Add(1), Size: size},
			true,
		},
		"another version": {
			files.Entry{Version: "v", ModTime: now, Size: size},
			files.Entry{Version: "w", ModTime: now, Size: size},
			false,
		},
		"another size": {
			files.Entry{Version: "v", Size: size},
			files.Entry{Version: "v", Size: size - 1},
			false,
		},
		"no versions, nothing new": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now.UTC(), Size: size},
			true,
		},
		"no versions, another time": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now.Add(1), Size: size},
			false,
		},
		"no versions, another size": {
			files.Entry{ModTime: now, Size: size},
			files.Entry{ModTime: now, Size: size + 1},
			false,
		},
	} {
		entry, closes := c.first, 0
		b := &answering{fixed(func(f *files.Features) { f.ReadConditions = false }),
			func(ctx context.Context, o files.GetOptions) (*files.Reader, error) {
				if o.IfVersion != "" {
					t.Errorf("%s: a condition is sent to a bucket that has none", what)
				}
				off, n := o.Range.Resolve(entry.Size)
				return driver.NewReader(ctx, driver.ReaderConfig{
					Info:    files.Info{Entry: entry},
					Offset:  off,
					Length:  n,
					Body:    io.NopCloser(bytes.NewReader(make([]byte, n))),
					OnClose: func() { closes++ },
				}), nil
			}}
		f := openAt(t, b, "f", nil)
		entry = c.later
		if _, err := f.ReadAt(make([]byte, 10), size/2); (err == nil) != c.same ||
			!c.same && !errors.Is(err, files.ErrChanged) {
			t.Errorf("%s: ReadAt = %v", what, err)
		}
		if closes != 2 {
			t.Errorf("%s: %d bodies of 2 are closed", what, closes)
		}
	}
}

// TestReadOptionsExactly: MaxBytes takes content of exactly that size.
func TestReadOptionsExactly(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	for most, ok := range map[int64]bool{-1: false, 0: true, 3: false, 4: true, 5: true} {
		got, err := files.ReadString(ctx, b, "a", &files.ReadOptions{MaxBytes: most})
		want := files.ErrTooLarge
		if most < 0 {
			want = files.ErrInvalid
		}
		if ok && (got != "text" || err != nil) || !ok && (got != "" || !errors.Is(err, want)) {
			t.Errorf("MaxBytes %d: %q, %v", most, got, err)
		}
	}
	o := &files.ReadOptions{MaxBytes: 2}
	o.Range = files.Bytes(1, 2)
	if got, err := files.ReadString(ctx, b, "a", o); got != "ex" || err != nil {
		t.Errorf("a range of two bytes: %q, %v", got, err)
	}
}

// TestFSErrorsExactly: Read of a directory returns no bytes, Sub names its path, and Glob
// leaves out a directory whose listing breaks.
func TestFSErrorsExactly(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/a", "text")
	put(t, b, "d/b", "text")
	view := files.FS(ctx, b, nil)
	dir, err := view.Open("d")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var pe *fs.PathError
	if n, err := dir.Read(make([]byte, 5)); n != 0 || !errors.As(err, &pe) || pe.Op != "read" ||
		pe.Path != "d" || !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Read of a directory = %d, %v, want 0 and ErrInvalid", n, err)
	}
	for _, name := range []string{"a\x01", strings.Repeat("d", 1024)} {
		if _, err := view.(fs.SubFS).Sub(name); !errors.As(err, &pe) || pe.Op != "sub" ||
			pe.Path != name || !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("Sub(%.9q) = %v, want an *fs.PathError of sub", name, err)
		}
	}
	if got, err := fs.Glob(files.FS(ctx, &failingList{b}, nil), "d/*"); got != nil || err != nil {
		t.Errorf("Glob of a listing that breaks = %q, %v, want nothing", got, err)
	}
}

// TestMoveBetweenAlikeBuckets: files of one name in two buckets of one type are two files.
func TestMoveBetweenAlikeBuckets(t *testing.T) {
	less := func(f *files.Features) { f.VersionPerPut = false }
	for range 2 {
		src, dst := mem.New(nil), mem.New(nil)
		put(t, src, "a", "text")
		info, err := files.Move(ctx, claimsLess(dst, less), "a", claimsLess(src, less), "a", nil)
		if err != nil || info.Size != 4 {
			t.Errorf("Move = %+v, %v", info, err)
		}
		has(t, dst, "a", "text")
		missing(t, src, "a")
	}
}

// changedBody is a body that can be read at any place, until its file has changed.
type changedBody struct{ anyPlace }

func (changedBody) ReadAt([]byte, int64) (int, error) { return 0, files.ErrChanged }

// TestDirectFileChanged: a File that reads without blocks is ErrChanged if its body says
// so, each time.
func TestDirectFileChanged(t *testing.T) {
	b := &answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: 4, Version: "v"}},
			Length: 4,
			Body:   changedBody{anyPlace{strings.NewReader("text")}},
		}), nil
	}}
	f := openAt(t, b, "f", nil)
	for range 2 {
		n, err := f.ReadAt(make([]byte, 2), 1)
		if is(t, err, files.ErrChanged); n != 0 {
			t.Errorf("ReadAt = %d bytes, want 0", n)
		}
		_, err = f.ReadRanges(files.Bytes(1, 2))
		is(t, err, files.ErrChanged)
	}
}

// TestSingleBytes: ReadRanges reads ranges of one byte, with gaps between them and next
// to others, and leaves no body open.
func TestSingleBytes(t *testing.T) {
	r := newRemote(t)
	content := randomBytes(1 << 20)
	r.put(t, "f", content)
	b, open := openBodies(r.Bucket)
	f := openAt(t, b, "f", nil)
	for _, ranges := range [][]files.Range{
		{files.Bytes(0, 1), files.Bytes(10, 1), files.Bytes(12, 1), files.Bytes(13, 1)},
		{files.Bytes(5, 3), files.Bytes(6, 3), files.Bytes(7, 1), files.Bytes(20, 1)},
		{files.Bytes(100, 1), files.Bytes(900_000, 1), files.Bytes(900_002, 1)},
		{files.Bytes(50, 10), files.Bytes(50, 11), files.Bytes(63, 0), files.Bytes(64, 1)},
		{files.Bytes(100, 0), files.Bytes(200, 1), files.Last(1), files.From(1<<20 - 3)},
	} {
		for way, read := range map[string]func() ([][]byte, error){
			"function": func() ([][]byte, error) {
				return files.ReadRanges(ctx, b, "f", ranges, nil)
			},
			"method": func() ([][]byte, error) { return f.ReadRanges(ranges...) },
		} {
			got, err := read()
			if err != nil || len(got) != len(ranges) {
				t.Fatalf("%s: %d results of %v, %v", way, len(got), ranges, err)
			}
			for i, p := range got {
				if !bytes.Equal(p, resolved(ranges[i], content)) {
					t.Errorf("%s: %v of %v is wrong", way, ranges[i], ranges)
				}
			}
			if n := open.Load(); n != 0 {
				t.Errorf("%s: %d bodies stay open after %v", way, n, ranges)
			}
		}
	}
}

// TestDownloadToAnImpossiblePath: a path that no file can have is an error, and nothing
// is left in the folder.
func TestDownloadToAnImpossiblePath(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	dir := t.TempDir()
	_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "a\x00b"), nil)
	if err == nil {
		t.Error("a path with a zero byte is no error")
	}
	if list, err := os.ReadDir(dir); len(list) != 0 || err != nil {
		t.Errorf("the folder has %v, %v, want nothing", list, err)
	}
}
