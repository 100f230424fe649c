package all

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/azure"
	"cloudfiles.dev/drivers/gcs"
	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/compress"
	"cloudfiles.dev/files/crypt"
	"cloudfiles.dev/files/eventlog"
	"cloudfiles.dev/files/hedge"
	"cloudfiles.dev/files/iofs"
	"cloudfiles.dev/files/lease"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/mirror"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/observe/otelfiles"
	"cloudfiles.dev/files/observe/promfiles"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/timeout"
	"cloudfiles.dev/files/transfer"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// constructor makes something of a bucket. It returns the error of the constructor, or
// if that has none, of the first call.
type constructor func(b files.Bucket) error

// constructors has each function that makes something of buckets and makes no request,
// once for each of its buckets.
var constructors = map[string][]constructor{
	"files.Sub":      {func(b files.Bucket) error { _, err := files.Sub(b, "d"); return err }},
	"files.Wrap":     {func(b files.Bucket) error { return used(files.Wrap(b, files.Hooks{})) }},
	"files.ReadOnly": {func(b files.Bucket) error { return used(files.ReadOnly(b)) }},
	"retry.Wrap":     {func(b files.Bucket) error { return used(retry.Wrap(b, nil)) }},
	"cache.New": {
		func(b files.Bucket) error { _, err := cache.New(b, mem.New(nil), nil); return err },
		func(b files.Bucket) error { _, err := cache.New(mem.New(nil), b, nil); return err },
	},
	"compress.New": {func(b files.Bucket) error { _, err := compress.New(b, nil); return err }},
	"crypt.New":    {func(b files.Bucket) error { _, err := encrypted(b); return err }},
	"hedge.New":    {func(b files.Bucket) error { _, err := hedge.New(b, nil); return err }},
	"limit.New": {func(b files.Bucket) error {
		_, err := limit.New(b, &limit.Options{All: limit.Limits{Calls: 1}})
		return err
	}},
	"timeout.New": {func(b files.Bucket) error {
		_, err := timeout.New(b, timeout.Silence(time.Minute))
		return err
	}},
	"observe.New": {func(b files.Bucket) error {
		_, err := observe.New(b, observing(observe.Log(slog.New(slog.DiscardHandler))))
		return err
	}},
	"mount.New": {func(b files.Bucket) error {
		_, err := mount.New(map[string]files.Bucket{"": mem.New(nil), "d": b})
		return err
	}},
	"overlay.New": {
		func(b files.Bucket) error {
			_, err := overlay.New([]files.Bucket{b, mem.New(nil)}, nil)
			return err
		},
		func(b files.Bucket) error {
			_, err := overlay.New([]files.Bucket{mem.New(nil), b}, nil)
			return err
		},
	},
	"mirror.New": {
		func(b files.Bucket) error { _, err := mirror.New(b, mem.New(nil)); return err },
		func(b files.Bucket) error { _, err := mirror.New(mem.New(nil), b); return err },
	},
	"lease.New": {func(b files.Bucket) error { _, err := lease.New(b, "a", nil); return err }},
	"eventlog.New": {func(b files.Bucket) error {
		_, err := eventlog.New(b, "d", nil)
		return err
	}},
	"transfer.Copy": {
		func(b files.Bucket) error { _, err := transfer.Copy(tree(b), other(), nil); return err },
		func(b files.Bucket) error { _, err := transfer.Copy(other(), tree(b), nil); return err },
	},
	"transfer.Sync": {
		func(b files.Bucket) error { _, err := transfer.Sync(tree(b), other(), nil); return err },
		func(b files.Bucket) error { _, err := transfer.Sync(other(), tree(b), nil); return err },
	},
	"transfer.Move": {
		func(b files.Bucket) error { _, err := transfer.Move(tree(b), other(), nil); return err },
		func(b files.Bucket) error { _, err := transfer.Move(other(), tree(b), nil); return err },
	},
	"transfer.Remove": {
		func(b files.Bucket) error { _, err := transfer.Remove(tree(b), nil); return err },
	},
	"localhttp.NewHandler": {func(b files.Bucket) error {
		s, err := localhttp.NewSigner(&url.URL{Path: "/"}, []byte("secret"))
		if err == nil {
			_, err = localhttp.NewHandler(b, &localhttp.Options{Signer: s})
		}
		return err
	}},
}

// otherConstructors are those that aren't in constructors, with the reason.
var otherConstructors = map[string]string{
	"files.As":       "returns nothing of a nil bucket",
	"files.Layers":   "returns nothing of a nil bucket",
	"gocloud.ToBlob": "has no error: it panics, as its documentation says",
	"gocloud.New":    "has no error: it panics, as its documentation says",

	"fileshttp.ServeFile": "responds to a request",
}

// writing are constructors whose result is of no use if the bucket of that number is
// read-only, and the error that says so. A log can be read, and a transfer can be planned.
var writing = map[string]map[int]error{
	"cache.New":     {1: errors.ErrUnsupported},
	"mirror.New":    {1: errors.ErrUnsupported},
	"lease.New":     {0: files.ErrPermission},
	"transfer.Move": {1: files.ErrPermission},
}

// needed are the features without which constructors refuse the bucket of that number.
var needed = map[string]map[int][]string{
	"compress.New":  {0: {"Attributes"}},
	"mount.New":     {0: {"Ordered"}},
	"overlay.New":   {0: {"Ordered"}, 1: {"Ordered"}},
	"lease.New":     {0: {"IfAbsent", "IfVersion", "Versions"}},
	"eventlog.New":  {0: {"IfAbsent", "IfVersion", "Versions"}},
	"transfer.Move": {1: {"DeleteIfVersion", "Versions"}},
}

// lacking returns a bucket without a feature.
var lacking = map[string]func(f *files.Features){
	"Attributes":      func(f *files.Features) { f.Attributes = false },
	"Ordered":         func(f *files.Features) { f.Ordered = false },
	"IfAbsent":        func(f *files.Features) { f.IfAbsent = false },
	"IfVersion":       func(f *files.Features) { f.IfVersion = false },
	"DeleteIfVersion": func(f *files.Features) { f.DeleteIfVersion = false },
	"Versions":        func(f *files.Features) { f.Versions = false },
	"ReadConditions":  func(f *files.Features) { f.ReadConditions = false },
	"ServerCopy":      func(f *files.Features) { f.ServerCopy = false },
	"Digests":         func(f *files.Features) { f.Digests = false },
}

// ownBucket is a caller's type, of which there may be a nil pointer.
type ownBucket struct{ files.Bucket }

func used(b files.Bucket) error {
	_, err := b.Stat(context.Background(), "a", nil)
	return err
}

func tree(b files.Bucket) transfer.Tree { return transfer.Tree{Bucket: b} }

func other() transfer.Tree { return tree(mem.New(nil)) }

func observing(o ...observe.Observer) *observe.Options { return &observe.Options{Observers: o} }

// TestConstructorsRefuse: each constructor refuses a nil bucket, a nil pointer of a
// bucket's type, a bucket that is read-only where it has to write, and a bucket without a
// feature that it needs, at once, and takes any other.
func TestConstructorsRefuse(t *testing.T) {
	for name, each := range constructors {
		for i, c := range each {
			try := func(what string, b files.Bucket, want error) {
				t.Helper()
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s with %s as bucket %d panics: %v, want nil", name, what, i, p)
					}
				}()
				err := c(b)
				if errors.Is(err, files.ErrNotExist) { // of the first call
					err = nil
				}
				if !errors.Is(err, want) || want != nil && err.Error() == "" {
					t.Errorf("%s with %s as bucket %d: %v, want %v", name, what, i, err, want)
				}
			}
			try("nil", nil, files.ErrInvalid)
			try("a nil pointer", (*ownBucket)(nil), files.ErrInvalid)
			try("a bucket", mem.New(nil), nil)
			if want := writing[name][i]; name != "mirror.New" || i == 1 {
				try("a read-only bucket", files.ReadOnly(mem.New(nil)), want)
			}
			for feature, remove := range lacking {
				var want error
				if slices.Contains(needed[name][i], feature) {
					want = errors.ErrUnsupported
				}
				try("a bucket without "+feature, files.Wrap(mem.New(nil), files.Hooks{
					Features: func(f files.Features) files.Features { remove(&f); return f },
				}), want)
			}
		}
	}
}

// TestConstructorsRefuseOthers: what isn't a bucket is refused as early, if it is nil.
func TestConstructorsRefuseOthers(t *testing.T) {
	b := mem.New(nil)
	for what, c := range map[string]func() error{
		"observe.New, observer": func() error {
			_, err := observe.New(b, observing(nil))
			return err
		},
		"observe.New, *Metrics": func() error {
			_, err := observe.New(b, observing((*promfiles.Metrics)(nil)))
			return err
		},
		"observe.New, *Telemetry": func() error {
			_, err := observe.New(b, observing((*otelfiles.Telemetry)(nil)))
			return err
		},
		"promfiles.New": func() error { _, err := promfiles.New(nil); return err },
		"promfiles.New, *Registry": func() error {
			_, err := promfiles.New((*prometheus.Registry)(nil))
			return err
		},
		"otelfiles.New, traces": func() error {
			_, err := otelfiles.New(&otelfiles.Options{
				TracerProvider: (*sdktrace.TracerProvider)(nil),
			})
			return err
		},
		"otelfiles.New, metrics": func() error {
			_, err := otelfiles.New(&otelfiles.Options{
				MeterProvider: metric.MeterProvider((*sdkmetric.MeterProvider)(nil)),
			})
			return err
		},
		"iofs.FromFS": func() error { _, err := iofs.FromFS(nil, nil); return err },
		"iofs.FromFS, pointer": func() error {
			_, err := iofs.FromFS((*ownFS)(nil), nil)
			return err
		},
		"crypt.New, options":   func() error { _, err := crypt.New(b, nil); return err },
		"limit.New, options":   func() error { _, err := limit.New(b, nil); return err },
		"timeout.New, options": func() error { _, err := timeout.New(b, nil); return err },
		"mount.New, table":     func() error { _, err := mount.New(nil); return err },
		"overlay.New, members": func() error { _, err := overlay.New(nil, nil); return err },
		"gcs.New, client":      func() error { _, err := gcs.New(nil, "b", nil); return err },
		"azure.New, client":    func() error { _, err := azure.New(nil, nil); return err },
		"localhttp.NewSigner": func() error {
			_, err := localhttp.NewSigner(nil, []byte("secret"))
			return err
		},
		"localhttp, zero Signer": func() error {
			_, err := localhttp.NewHandler(b, &localhttp.Options{Signer: &localhttp.Signer{}})
			return err
		},
	} {
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s with nil panics: %v, want nil", what, p)
				}
			}()
			if err := c(); !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s with nil: %v, want ErrInvalid", what, err)
			}
		}()
	}
	for what, f := range map[string]func(){ // they have no error
		"s3.New":         func() { s3.New(nil, "b", nil) },
		"gocloud.New":    func() { gocloud.New(nil, nil) },
		"gocloud.ToBlob": func() { gocloud.ToBlob(nil, nil) },
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text,
					strings.Split(what, ".")[0]+": ") {
					t.Errorf("%s with nil: the panic is %q", what, text)
				}
			}()
			f()
		}()
	}
}

// ownFS is a file system of which there may be a nil pointer.
type ownFS struct{ fs.FS }

// TestEveryConstructorIsTried: each exported function of a package for applications that
// takes a bucket and no context is in constructors, or otherConstructors says why not.
func TestEveryConstructorIsTried(t *testing.T) {
	found := map[string]bool{}
	for _, top := range []string{"files", "drivers"} {
		err := fs.WalkDir(os.DirFS(root), top, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "internal" || d.Name() == "testdata" ||
				name == "files/driver" || name == "files/filestest"):
				return fs.SkipDir
			case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			f, err := parser.ParseFile(token.NewFileSet(), root+"/"+name, nil, 0)
			if err != nil {
				return err
			}
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && constructs(fn) {
					found[path.Base(path.Dir(name))+"."+fn.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := maps.Clone(found)
	clear(known)
	for name := range constructors {
		known[name] = true
	}
	for name := range otherConstructors {
		known[name] = true
	}
	for name := range found {
		if !known[name] {
			t.Errorf("constructors lacks %s", name)
		}
	}
	for name := range known {
		if !found[name] {
			t.Errorf("there is no constructor %s", name)
		}
	}
}

// constructs reports whether the function is exported, takes a bucket, several, or a tree
// in one, and takes no context.
func constructs(fn *ast.FuncDecl) bool {
	if fn.Recv != nil || !fn.Name.IsExported() {
		return false
	}
	bucket := false
	for _, p := range fn.Type.Params.List {
		ast.Inspect(p.Type, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			bucket = bucket || ok && (id.Name == "Bucket" || id.Name == "Tree")
			return true
		})
		if s, ok := p.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Context" {
			return false
		}
	}
	return bucket
}
