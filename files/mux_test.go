package files_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// anyMux has the scheme mem with one parameter, and s3 with any.
func anyMux() *files.Mux {
	var m files.Mux
	open := func(context.Context, *url.URL) (files.Bucket, error) { return mem.New(nil), nil }
	m.Register(files.Scheme{
		Name:    "mem",
		Package: "example.com/mem",
		Example: "mem://",
		Params:  []files.Param{{Name: "region", Values: "text", Doc: "where"}},
		Open:    open,
	})
	m.Register(files.Scheme{
		Name:     "s3",
		Package:  "example.com/s3",
		AnyParam: true,
		Open:     open,
	})
	return &m
}

func TestOpenRefuses(t *testing.T) {
	m := anyMux()
	for in, want := range map[string]string{
		"": "the variable that should hold it unset? Write mem:// " +
			"for memory or file:///path/to/folder",
		"  \n":                      "the URL is empty",
		"/var/lib/app":              "write file:///var/lib/app",
		"./data":                    "write file:///absolute/path/to/data",
		"data dir":                  "write file:///absolute/path/to/folder",
		`C:\data`:                   "write file:///C:/data",
		"bucket?token=hidden":       "a path is not a URL",
		"//user:hidden@host/bucket": "a path is not a URL",
		"ftp://x": `unknown scheme "ftp"; registered: mem, s3; ` +
			`is there a driver for it to import?`,
		"file:///x": `unknown scheme "file"; registered: mem, s3; ` +
			`the program must import _ cloudfiles.dev/drivers/local`,
		"gs://x": "cloudfiles.dev/drivers/gcs",
		"GS://x": `unknown scheme "gs"; registered: mem, s3; ` +
			`the program must import _ cloudfiles.dev/drivers/gcs`,
		"mem://?regoin=x": `unknown parameter "regoin"; ` +
			`mem:// knows key, prefix, readonly, region`,
		"mem://?region=x&region=y":     `parameter "region" is given 2 times`,
		"mem://?prefix=":               `parameter "prefix" is empty`,
		"mem://?key=":                  `parameter "key" is empty`,
		"mem://?key=a//b":              "parameter key: double slash",
		"mem://?prefix=/a":             "parameter prefix: name begins with a slash",
		"mem://?prefix=../":            `parameter prefix: element ".."`,
		"mem://?prefix=a/&key=../b":    `parameter key: element ".."`,
		"mem://x/%zz":                  "a % is not followed by two hexadecimal digits",
		"mem://x?region=%zz":           "malformed query",
		"mem://x#y":                    "write %23 for the character itself",
		"mem://user:hidden@h:port":     "malformed URL",
		"mem://h?password=hidden&x=%z": "malformed query",
	} {
		_, err := m.Open(ctx, in)
		e, ok := errors.AsType[*files.Error](err)
		if !ok || e.Op != files.OpOpen || !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", in, err, want)
			continue
		}
		if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q shows the secret: %v", in, err)
		}
		if _, derr := m.Describe(in); derr == nil && !strings.Contains(want,
			"parameter key:") && !strings.Contains(want, "parameter prefix:") {
			t.Errorf("%q is described", in)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := m.Open(ended, "mem://")
	is(t, err, context.Canceled)
	_, err = (&files.Mux{}).Open(ctx, "mem://")
	if err == nil || !strings.Contains(err.Error(),
		"none is registered; the program must import _ cloudfiles.dev/drivers/mem") {
		t.Errorf("Open = %v", err)
	}
}

// TestOpenNamesOneScheme: the error for an unknown scheme names a scheme that is alone.
func TestOpenNamesOneScheme(t *testing.T) {
	var m files.Mux
	m.Register(files.Scheme{
		Name:    "mem",
		Package: "example.com/mem",
		Example: "mem://",
		Open:    func(context.Context, *url.URL) (files.Bucket, error) { return mem.New(nil), nil },
	})
	_, err := m.Open(ctx, "ftp://x")
	if err == nil || !strings.Contains(err.Error(), `unknown scheme "ftp"; registered: mem;`) {
		t.Errorf("Open = %v", err)
	}
}

func TestOpenCaseAndFallback(t *testing.T) {
	m := anyMux()
	if _, err := m.Open(ctx, "MEM://x"); err != nil {
		t.Error(err)
	}
	if _, err := m.Open(ctx, "s3://b?whatever=1"); err != nil {
		t.Error(err)
	}
	m.RegisterFallback(func(s string) (files.Scheme, bool) { return files.Scheme{}, false })
	m.RegisterFallback(func(s string) (files.Scheme, bool) {
		return files.Scheme{
			Name: s,
			Open: func(context.Context, *url.URL) (files.Bucket, error) { return nil, errBroken },
		}, s == "ftp"
	})
	_, err := m.Open(ctx, "ftp://user:hidden@x")
	if is(t, err, errBroken); strings.Contains(err.Error(), "hidden") {
		t.Error(err)
	}
	if names := m.Schemes(); len(names) != 2 || names[0].Name != "mem" || names[1].Name != "s3" {
		t.Errorf(`Schemes = %v, want len(names) 2, names[0].Name "mem" and names[1].Name "s3"`,
			names)
	}
}

func TestRegisterPanics(t *testing.T) {
	open := func(context.Context, *url.URL) (files.Bucket, error) { return nil, nil }
	for what, s := range map[string]files.Scheme{
		"twice":      {Name: "mem", Open: open},
		"no name":    {Open: open},
		"no Open":    {Name: "x"},
		"upper case": {Name: "X", Open: open},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			anyMux().Register(s)
		}()
	}
}

func TestDescribe(t *testing.T) {
	d, err := anyMux().Describe("mem://user:hidden@x?region=eu")
	if err != nil || d.URL != "mem://…@x?region=eu" || d.String() != d.URL || d.Scheme != "mem" ||
		d.Package != "example.com/mem" || len(d.Params) != 4 {
		t.Errorf("Describe = %+v, %v, want the URL without its user and 4 parameters", d, err)
	}
}

// TestOpenPrefixAndKey: the parameters that work on every scheme (U2).
func TestOpenPrefixAndKey(t *testing.T) {
	all, err := files.Open(ctx, "mem://TestOpenPrefixAndKey")
	if err != nil {
		t.Fatal(err)
	}
	open := func(query string) files.Bucket {
		b, err := files.Open(ctx, "mem://TestOpenPrefixAndKey?"+query)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p := open("prefix=a/b")
	put(t, p, "c", "1")
	put(t, p, "x/y", "2")
	put(t, all, "a/b", "not in it: no name is left")
	put(t, all, "a/b/d", "not in it: the name would begin with a slash")
	has(t, all, "a/bc", "1")
	has(t, all, "a/bx/y", "2")
	wantList(t, p, "", nil, "c", "x/y")
	wantList(t, p, "", &files.ListOptions{Shallow: true}, "c", "x/")
	wantList(t, p, "x", nil, "x/y")
	wantList(t, p, "", &files.ListOptions{StartAfter: "c"}, "x/y")
	wantList(t, p, "", &files.ListOptions{Prefix: "x", Limit: 1}, "x/y")
	k := open("prefix=a/&key=bc")
	has(t, k, "bc", "1")
	wantList(t, k, "", nil, "bc")
	if _, err := files.PutString(ctx, k, "other", "x", nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("PutString = %v, want ErrPermission", err)
	}
	wantList(t, all, "", nil, "a/b", "a/b/d", "a/bc", "a/bx/y")
	deep := open("key=a/b/d")
	wantList(t, deep, "", &files.ListOptions{Shallow: true}, "a/")
	wantList(t, deep, "a/b", nil, "a/b/d")
	wantList(t, deep, "a/bx", nil)
}

func wantList(t testing.TB, b files.Bucket, dir string, o *files.ListOptions, want ...string) {
	t.Helper()
	var got []string
	for e, err := range b.List(ctx, dir, o) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("list of %q: %q, want %q", dir, got, want)
	}
}
