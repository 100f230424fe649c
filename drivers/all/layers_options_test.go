package all

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// optionCall is an operation with options.
type optionCall struct {
	options reflect.Type
	// probes has a value for each field of the options.
	probes map[string]any
	// call calls the operation of the bucket.
	call func(ctx context.Context, b files.Bucket, options any) error
	// seen returns the options of a call, or nil if it is another operation.
	seen func(c *files.Call) any
}

// optionCalls has each operation with options, except signing, which TestLayersSign
// tests.
var optionCalls = []optionCall{
	{
		options: reflect.TypeFor[files.PutOptions](),
		probes: map[string]any{
			"Attributes": files.Attributes{CacheControl: "no-store"},
			"If":         files.IfAbsent(),
			"Size":       new(int64(4)),
			"Digest":     files.Digest{MD5: "1cb251ec0d568de6a929b520c4aed8d1"},
			"Native":     []files.NativeOption{nativeOption{}},
		},
		call: func(ctx context.Context, b files.Bucket, o any) error {
			_, err := b.Put(ctx, "d/new.txt", strings.NewReader("text"), o.(*files.PutOptions))
			return err
		},
		seen: func(c *files.Call) any { return c.Put },
	},
	{
		options: reflect.TypeFor[files.GetOptions](),
		probes: map[string]any{
			"Range":            files.Bytes(1, 2),
			"IfNotVersion":     files.Version("another"),
			"IfVersion":        files.Version("another"),
			"ReadTimeout":      time.Hour,
			"SkipVerify":       true,
			"Growing":          true,
			"Connections":      3,
			"ConnectionsAfter": int64(7),
			"Key":              "raw/",
		},
		call: func(ctx context.Context, b files.Bucket, o any) error {
			r, err := b.Get(ctx, nameUnless(o.(*files.GetOptions).Key), o.(*files.GetOptions))
			if err == nil {
				r.Close()
			}
			return err
		},
		seen: func(c *files.Call) any { return c.Get },
	},
	{
		options: reflect.TypeFor[files.StatOptions](),
		probes:  map[string]any{"Key": "raw/"},
		call: func(ctx context.Context, b files.Bucket, o any) error {
			_, err := b.Stat(ctx, "", o.(*files.StatOptions))
			return err
		},
		seen: func(c *files.Call) any { return c.Stat },
	},
	{
		options: reflect.TypeFor[files.ListOptions](),
		probes: map[string]any{
			"Shallow":    true,
			"Prefix":     "a",
			"StartAfter": "d/a",
			"Limit":      3,
			"PageSize":   2,
			"Parallel":   2,
			"NamesOnly":  true,
			"Foreign":    true,
		},
		call: func(ctx context.Context, b files.Bucket, o any) (last error) {
			for _, err := range b.List(ctx, "d", o.(*files.ListOptions)) {
				last = err
			}
			return last
		},
		seen: func(c *files.Call) any { return c.List },
	},
	{
		options: reflect.TypeFor[files.DeleteOptions](),
		probes:  map[string]any{"IfVersion": files.Version("another"), "Key": "raw/"},
		call: func(ctx context.Context, b files.Bucket, o any) error {
			return b.Delete(ctx, nameUnless(o.(*files.DeleteOptions).Key), o.(*files.DeleteOptions))
		},
		seen: func(c *files.Call) any { return c.Delete },
	},
	{
		options: reflect.TypeFor[files.CopyOptions](),
		probes: map[string]any{
			"Attributes":           &files.Attributes{CacheControl: "no-store"},
			"If":                   files.IfAbsent(),
			"IfSource":             files.Version("another"),
			"FullInfo":             true,
			"MayLoseConcurrentPut": true,
			"Native":               []files.NativeOption{nativeOption{}},
		},
		call: func(ctx context.Context, b files.Bucket, o any) error {
			_, err := files.Copy(ctx, b, "d/copy.txt", b, "d/a.txt", o.(*files.CopyOptions))
			return err
		},
		seen: func(c *files.Call) any { return c.Copy },
	},
}

func nameUnless(key string) string {
	if key != "" {
		return ""
	}
	return "d/a.txt"
}

// ownWay has the fields that a layer neither passes on as they are nor refuses, and what
// it does with them.
var ownWay = map[string]map[string]string{
	"sub": {"ListOptions.StartAfter": "begins with the directory"},
	"limit": {
		"ListOptions.Parallel": "one page after the other, each of which is counted",
	},
	"cache": {
		"GetOptions.Range":        "rounded to parts",
		"GetOptions.IfNotVersion": "compared with the current version",
		"GetOptions.IfVersion":    "compared with the current version",
		"GetOptions.ReadTimeout":  "of the body, and not of the download that others share",
	},
	"overlay": {
		"GetOptions.IfNotVersion": "compared with the version of the overlay",
		"GetOptions.IfVersion":    "compared with the version of the overlay",
		"DeleteOptions.IfVersion": "compared with the version of the overlay",
		"CopyOptions":             byReading,
	},
	"crypt": {
		"PutOptions.Attributes": "with the content type of the plain content",
		"PutOptions.Size":       "that of the encrypted content",
		"PutOptions.Digest":     "compared with the plain content",
		"GetOptions.Range":      "that of the encrypted content",
		"CopyOptions":           byReading,
	},
	"compress": {
		"PutOptions.Attributes": "with the mark, and the content type of the plain content",
		"PutOptions.Digest":     "compared with the plain content",
		"CopyOptions":           byReading,
	},
	"mirror": {"CopyOptions": byReading},
}

// byReading: the layer has no server-side copies, so files.Copy calls Get and Put.
const byReading = "a Get of IfSource, and a Put with If and the attributes"

// native is memory that accepts a native option and raw keys.
type native struct{ driver.Backend }

type nativeOption struct{}

func (nativeOption) NativeOption() string { return "all.nativeOption" }

func (native) CheckNative(files.Op, files.NativeOption) error { return nil }

func (n native) Features() files.Features {
	f := n.Backend.Features()
	f.ForeignKeys = true
	return f
}

func (n native) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	if other, ok := from.(native); ok {
		from = other.Backend
	}
	return n.Backend.(driver.Copier).Copy(ctx, from, req)
}

func (n native) Store() any { return n.Backend.(driver.Identifier).Store() }

// TestLayersPassOptions: each layer passes each option on or refuses the call, or ownWay
// says what it does with it. A new field of the options needs a probe here, and a
// decision for each layer.
func TestLayersPassOptions(t *testing.T) {
	for _, l := range stackLayers {
		used := map[string]bool{}
		for _, c := range optionCalls {
			for field := range c.options.Fields() {
				name := c.options.Name() + "." + field.Name
				probe, ok := c.probes[field.Name]
				if !ok {
					t.Errorf("%s has no probe: does each layer pass it on?", name)
					continue
				}
				entry := name
				own := ownWay[l.name][name]
				if own == "" {
					entry = c.options.Name()
					own = ownWay[l.name][entry]
				}
				passes, err := passed(t, l, c, field, probe)
				refused := errors.Is(err, files.ErrUnsupported) ||
					errors.Is(err, files.ErrPermission)
				switch {
				case passes && own == "" || refused:
				case passes:
					t.Errorf("%s: %s is passed on, though ownWay has it", l.name, name)
				case own == "":
					t.Errorf("%s: %s doesn't reach the bucket below; the call returns %v", l.name,
						name, err)
				default:
					used[entry] = true
				}
			}
		}
		if len(used) != len(ownWay[l.name]) {
			t.Errorf("%s: ownWay has %v, and only %v are needed", l.name, ownWay[l.name], used)
		}
	}
}

// passed reports whether the option reaches the bucket below the layer.
func passed(t *testing.T, l stackLayer, c optionCall, field reflect.StructField,
	probe any) (bool, error) {
	t.Helper()
	bottom := driver.New(native{driver.Unwrap(mem.New(nil))})
	var mu sync.Mutex
	var passes, looks bool
	b, err := l.wrap(files.Wrap(bottom, files.Hooks{
		Around: func(ctx context.Context, call *files.Call,
			next func(context.Context) error) error {
			if seen := reflect.ValueOf(c.seen(call)); !seen.IsNil() {
				got := seen.Elem().FieldByIndex(field.Index).Interface()
				mu.Lock()
				passes = passes || looks && reflect.DeepEqual(got, probe)
				mu.Unlock()
			}
			return next(ctx)
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	to := b
	if b.Features().ReadOnly {
		to = bottom
	}
	if _, err := files.PutString(t.Context(), to, "d/a.txt", "text", nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	looks = true
	mu.Unlock()
	options := reflect.New(c.options)
	options.Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(probe))
	err = c.call(t.Context(), b, options.Interface())
	mu.Lock()
	defer mu.Unlock()
	return passes, err
}
