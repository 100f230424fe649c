package files_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// noContext is the nil that a caller may pass by mistake.
var noContext context.Context

// bucketCalls are the functions that take a context and a bucket.
func bucketCalls(ctx context.Context, b files.Bucket) map[string]error {
	m := map[string]error{}
	other := mem.New(nil)
	path := os.DevNull + "/none"
	_, m["PutString"] = files.PutString(ctx, b, "a", "", nil)
	_, m["PutBytes"] = files.PutBytes(ctx, b, "a", nil, nil)
	_, m["PutJSON"] = files.PutJSON(ctx, b, "a", 1, nil)
	f, err := os.CreateTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	f.Close()
	_, m["PutFile"] = files.PutFile(ctx, b, "a", f.Name(), nil)
	_, m["PutFS"] = files.PutFS(ctx, b, "", fstest.MapFS{"a": {}}, nil)
	_, m["ReadAll"] = files.ReadAll(ctx, b, "a", nil)
	_, m["ReadString"] = files.ReadString(ctx, b, "a", nil)
	_, m["ReadJSON"] = files.ReadJSON[int](ctx, b, "a", nil)
	_, m["Download"] = files.Download(ctx, b, "a", io.Discard, nil)
	_, m["DownloadFile"] = files.DownloadFile(ctx, b, "a", path, nil)
	_, m["DownloadAt"] = files.DownloadAt(ctx, b, "a", &sink{}, nil)
	_, m["OpenAt"] = files.OpenAt(ctx, b, "a", nil)
	_, m["ReadRanges"] = files.ReadRanges(ctx, b, "a", nil, nil)
	_, m["Exists"] = files.Exists(ctx, b, "a")
	_, _, m["Usage"] = files.Usage(ctx, b, "")
	_, _, m["ListPage"] = files.ListPage(ctx, b, "", "", 1, nil)
	m["Check"] = files.Check(ctx, b)
	keep := func(p []byte) ([]byte, error) { return append(p, 'x'), nil }
	_, m["Update"] = files.Update(ctx, b, "a", keep, nil)
	_, m["UpdateJSON"] = files.UpdateJSON(ctx, b, "a", func(n *int) error { *n++; return nil }, nil)
	_, m["UpdateAttributes"] = files.UpdateAttributes(ctx, b, "a", func(*files.Attributes) error {
		return nil
	}, nil)
	_, m["Copy"] = files.Copy(ctx, b, "a", b, "b", nil)
	_, m["Copy to"] = files.Copy(ctx, b, "a", other, "b", nil)
	_, m["Copy from"] = files.Copy(ctx, other, "a", b, "b", nil)
	_, m["Move"] = files.Move(ctx, b, "a", b, "b", nil)
	_, m["Move to"] = files.Move(ctx, b, "a", other, "b", nil)
	_, m["Move from"] = files.Move(ctx, other, "a", b, "b", nil)
	_, m["DeleteMany"] = files.DeleteMany(ctx, b, func(yield func(string) bool) { yield("a") })
	_, m["DeleteDir"] = files.DeleteDir(ctx, b, "d")
	_, m["DeleteAll"] = files.DeleteAll(ctx, b)
	_, m["SignURL"] = files.SignURL(ctx, b, "a", nil)
	w := files.NewWriter(ctx, b, "a", nil)
	w.Write([]byte("x"))
	_, m["NewWriter"] = w.Commit()
	_, m["FS"] = fs.ReadFile(files.FS(ctx, b, nil), "a")
	_, m["FS dir"] = fs.ReadDir(files.FS(ctx, b, nil), ".")
	return m
}

// methodCalls are the methods of a bucket, the optional ones too.
func methodCalls(ctx context.Context, b files.Bucket) map[string]error {
	m := map[string]error{}
	_, m["Put"] = b.Put(ctx, "a", strings.NewReader("x"), nil)
	_, m["Get"] = b.Get(ctx, "a", nil)
	_, m["Stat"] = b.Stat(ctx, "a", nil)
	for _, err := range b.List(ctx, "", nil) {
		m["List"] = err
	}
	m["Delete"] = b.Delete(ctx, "a", nil)
	if c, ok := b.(driver.BucketCopier); ok {
		_, m["CopyFrom"] = c.CopyFrom(ctx, "a", b, "b", nil)
	}
	if d, ok := b.(driver.BucketManyDeleter); ok {
		m["DeleteMany"] = d.DeleteMany(ctx, []string{"a"})[0]
	}
	if c, ok := b.(driver.BucketChecker); ok {
		m["Check"] = c.Check(ctx)
	}
	return m
}

// ownBucket is a caller's type, of which there may be a nil pointer.
type ownBucket struct{ files.Bucket }

func wantInvalid(t *testing.T, what string, got map[string]error) {
	t.Helper()
	for name, err := range got {
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s with %s: got %v, want ErrInvalid", name, what, err)
		}
	}
}

func TestNilContextAndBucket(t *testing.T) {
	passed := around(mem.New(nil), passing)
	buckets := map[string]files.Bucket{
		"mem":     mem.New(nil),
		"wrapped": files.Wrap(mem.New(nil), files.Hooks{}),
		"around":  passed,
	}
	for name, b := range buckets {
		wantInvalid(t, "a nil context of "+name, bucketCalls(noContext, b))
		wantInvalid(t, "a nil context of "+name, methodCalls(noContext, b))
	}
	wantInvalid(t, "a nil bucket", bucketCalls(ctx, nil))
	wantInvalid(t, "a nil pointer", bucketCalls(ctx, (*ownBucket)(nil)))
	wantInvalid(t, "a wrapper of a nil pointer",
		methodCalls(ctx, files.Wrap((*ownBucket)(nil), files.Hooks{})))
	wantInvalid(t, "nothing at all", bucketCalls(noContext, nil))
	wantInvalid(t, "a wrapper of nil", methodCalls(ctx, files.Wrap(nil, files.Hooks{})))
	got := methodCalls(ctx, files.ReadOnly(nil))
	wantInvalid(t, "a read-only nil", map[string]error{"Get": got["Get"], "Stat": got["Stat"]})
	_, serr := files.Sub(nil, "d")
	_, oerr := files.Open(noContext, "mem://")
	wantInvalid(t, "nil", map[string]error{"Sub": serr, "Open": oerr})
}

// TestNilBucketWithOptions: a wrapper of nil says that the bucket is nil, whatever else is
// asked, and not that the bucket lacks the feature.
func TestNilBucketWithOptions(t *testing.T) {
	b := files.Wrap(nil, files.Hooks{})
	attrs := files.Attributes{Metadata: map[string]string{"k": "v"}}
	got := map[string]error{}
	for what, o := range map[string]*files.PutOptions{
		"Put if absent":       {If: files.IfAbsent()},
		"Put of a version":    {If: files.IfVersion("1")},
		"Put with attributes": {Attributes: attrs},
	} {
		_, got[what] = b.Put(ctx, "a", strings.NewReader("x"), o)
	}
	_, got["Get of a version"] = b.Get(ctx, "a", &files.GetOptions{IfVersion: "1"})
	_, got["Get if changed"] = b.Get(ctx, "a", &files.GetOptions{IfNotVersion: "1"})
	got["Delete of a version"] = b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: "1"})
	_, got["Copy with attributes"] = files.Copy(ctx, b, "a", b, "b",
		&files.CopyOptions{Attributes: &attrs, If: files.IfAbsent()})
	for _, err := range b.List(ctx, "", &files.ListOptions{StartAfter: "a"}) {
		got["List after a name"] = err
	}
	for what, err := range got {
		if is(t, err, files.ErrInvalid); !strings.Contains(err.Error(), "the bucket is nil") {
			t.Errorf("%s: %v, want an error that says that the bucket is nil", what, err)
		}
	}
}

// TestNilArguments: other arguments that are nil are ErrInvalid as well.
func TestNilArguments(t *testing.T) {
	b := tree(t)
	got := map[string]error{}
	_, got["Download"] = files.Download(ctx, b, "a", nil, nil)
	_, got["DownloadAt"] = files.DownloadAt(ctx, b, "a", nil, nil)
	_, got["PutFS"] = files.PutFS(ctx, b, "", nil, nil)
	_, got["Update"] = files.Update(ctx, b, "a", nil, nil)
	_, got["UpdateJSON"] = files.UpdateJSON[int](ctx, b, "a", nil, nil)
	_, got["UpdateAttributes"] = files.UpdateAttributes(ctx, b, "a", nil, nil)
	_, got["DeleteMany"] = files.DeleteMany(ctx, b, nil)
	got["EachName"] = driver.EachName(ctx, []string{"a"}, nil)[0]
	wantInvalid(t, "nil", got)
	b.List(ctx, "", nil)(nil)
	files.Wrap(b, files.Hooks{}).List(ctx, "", nil)(nil)
	if driver.ContextError(noContext) != nil || files.KindOf(nil) != nil ||
		files.KindName(nil) != "" ||
		driver.NewError(files.OpPut, "", nil) != nil {
		t.Error("nil is an error")
	}
	named := files.Wrap(b, files.Hooks{Names: &files.NameMap{}})
	if _, err := named.Stat(ctx, "missing", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat = %v, want ErrNotExist", err)
	}
}

func TestNilReaderAndOthers(t *testing.T) {
	for what, r := range map[string]*files.Reader{"nil": nil, "zero": {}} {
		var c io.ReadCloser = r
		if err := c.Close(); err != nil {
			t.Errorf("%s: Close: %v, want no error", what, err)
		}
		got := map[string]error{}
		_, got["Read"] = r.Read(make([]byte, 1))
		_, got["WriteTo"] = r.WriteTo(io.Discard)
		_, got["ReadAll"] = r.ReadAll()
		_, got["ReadString"] = r.ReadString()
		_, got["ReadN"] = r.ReadN(1)
		_, got["Next"] = r.Next()
		for _, err := range r.Chunks(1) {
			got["Chunks"] = err
		}
		r.Chunks(1)(nil)
		wantInvalid(t, "a "+what+" Reader", got)
		r.SetReadTimeout(1)
		if r.Len() != 0 || r.Offset() != 0 || r.Info().Size != 0 {
			t.Errorf("%s Reader has something", what)
		}
	}
	for what, w := range map[string]*files.Writer{"nil": nil, "zero": {}} {
		_, werr := w.Write([]byte("x"))
		_, cerr := w.Commit()
		wantInvalid(t, "a "+what+" Writer", map[string]error{"Write": werr, "Commit": cerr})
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	var m *files.Mux
	_, oerr := m.Open(ctx, "mem://")
	_, derr := m.Describe("mem://")
	wantInvalid(t, "a nil Mux", map[string]error{"Open": oerr, "Describe": derr})
	if m.Schemes() != nil {
		t.Error("a nil Mux has schemes")
	}
	var e *files.Error
	if e.Error() == "" || e.Unwrap() != nil || e.Timeout() {
		t.Error("a nil *Error says something")
	}
	var o *files.ListOptions
	if o.Check() != nil {
		t.Error("nil options are invalid")
	}
}

// emptyNil is a reader of nothing, even if it is nil.
type emptyNil struct{ _ int }

func (*emptyNil) Read([]byte) (int, error) { return 0, io.EOF }

// needy is a reader that must not be nil.
type needy struct{ r io.Reader }

func (n *needy) Read(p []byte) (int, error)         { return n.r.Read(p) }
func (n *needy) Len() int                           { return n.r.(*strings.Reader).Len() }
func (n *needy) Seek(o int64, w int) (int64, error) { return n.r.(io.Seeker).Seek(o, w) }

func same(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return r }

func TestNilContent(t *testing.T) {
	contents := map[string]io.Reader{
		"nil":                nil,
		"*os.File":           (*os.File)(nil),
		"*bytes.Reader":      (*bytes.Reader)(nil),
		"*bytes.Buffer":      (*bytes.Buffer)(nil),
		"*strings.Reader":    (*strings.Reader)(nil),
		"*bufio.Reader":      (*bufio.Reader)(nil),
		"*io.SectionReader":  (*io.SectionReader)(nil),
		"*io.LimitedReader":  (*io.LimitedReader)(nil),
		"*io.PipeReader":     (*io.PipeReader)(nil),
		"*files.Reader":      (*files.Reader)(nil),
		"one's own":          (*needy)(nil),
		"function":           readerFunc(nil),
		"limited nil":        io.LimitReader(nil, 5),
		"limited typed nil":  io.LimitReader((*os.File)(nil), 5),
		"limited one's own":  io.LimitReader((*needy)(nil), 5),
		"limited twice":      io.LimitReader(io.LimitReader((*bytes.Buffer)(nil), 5), 5),
		"limited own, twice": io.LimitReader(io.LimitReader((*needy)(nil), 5), 5),
	}
	store := mem.New(nil)
	for name, b := range map[string]files.Bucket{
		"mem":       store,
		"around":    around(store, passing),
		"content":   files.Wrap(store, files.Hooks{Content: same}),
		"transform": files.Wrap(mem.New(nil), files.Hooks{Transform: stamped(nil)}),
	} {
		for what, r := range contents {
			for _, o := range []*files.PutOptions{nil, {If: files.IfAbsent()}} {
				if _, err := b.Put(ctx, "a.bin", r, o); !errors.Is(err, files.ErrInvalid) {
					t.Errorf("%s: Put of a nil reader, %s: %v, want ErrInvalid", name, what, err)
				}
			}
		}
		missing(t, b, "a.bin")
		if _, err := b.Put(ctx, "empty", (*emptyNil)(nil), nil); err != nil {
			t.Errorf("%s: Put of a nil whose Read expects it: %v, want no error", name, err)
		}
		has(t, b, "empty", "")
	}
}

// TestNilIsThoughtOf: each exported function and method of the package is in a test
// above, or here with the reason why none of its arguments can be nil.
func TestNilIsThoughtOf(t *testing.T) {
	thought := map[string]string{
		"As":           "generic, see below",
		"IfAbsent":     "value",
		"IfVersion":    "value",
		"DefaultMux":   "nothing",
		"Describe":     "value",
		"CheckName":    "value",
		"CheckElement": "value",
		"SafeName":     "value",
		"Bytes":        "value",
		"From":         "value",
		"Last":         "value",
		"RedactURL":    "value",
		"Printable":    "value",
		"Layers":       "value",
		"ReadOnly":     "above",
		"Wrap":         "above",
		"Sub":          "above",
		"Open":         "above",
		"KindOf":       "above",
		"KindName":     "above",
	}
	for name := range bucketCalls(ctx, mem.New(nil)) {
		thought[strings.Fields(name)[0]] = "called"
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() {
				continue
			}
			if n++; thought[fn.Name.Name] == "" {
				t.Errorf("%s: what does it do with a nil context, bucket, reader, writer or "+
					"function?", fn.Name.Name)
			}
			delete(thought, fn.Name.Name)
		}
	}
	if n < 40 {
		t.Errorf("only %d functions were found, want at least 40", n)
	}
	for name := range thought {
		t.Errorf("there is no function %s", name)
	}
	if _, ok := files.As[*os.File](nil); ok {
		t.Error("nil has a file")
	}
}
