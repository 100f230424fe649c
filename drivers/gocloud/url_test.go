package gocloud

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

func TestOpenURL(t *testing.T) {
	dir := t.TempDir()
	b, err := files.Open(t.Context(),
		"gocloud+file://"+dir+"/sub?create_dir=1&no_tmp_dir=1&prefix=p/")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	put(t, b, "f", "x", nil)
	if got := list(t, b, "", nil); !slices.Equal(got, []string{"f"}) {
		t.Errorf("List = %q, want %q", got, []string{"f"})
	}
	whole, err := files.Open(t.Context(), "gocloud+file://"+dir+"/sub")
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, whole, "", nil); !slices.Equal(got, []string{"p/f"}) {
		t.Errorf("List without the prefix = %q", got)
	}
	raw, ok := files.As[*blob.Bucket](whole)
	if whole.Close(); !ok {
		t.Fatal("As returns no *blob.Bucket")
	}
	if _, err := raw.Exists(t.Context(), "p/f"); err == nil {
		t.Error("Close left the *blob.Bucket of Open open (X3)")
	}
}

func TestOpenURLErrors(t *testing.T) {
	for raw, want := range map[string]error{
		"gocloud+file:///none/there":                    files.ErrNoBucket,
		"gocloud+file://" + t.TempDir() + "?metadata=x": files.ErrInvalid,
		"gocloud+file:///dev/null":                      files.ErrNoBucket,
		"gocloud+none://x":                              files.ErrInvalid,
		"gocloud+mem://?unheard=hunter2":                files.ErrInvalid,
	} {
		_, err := files.Open(t.Context(), raw)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", raw, err, want)
			continue
		}
		if s, _, _ := strings.Cut(strings.Replace(err.Error(), files.RedactURL(raw), "", 1),
			"\n"); strings.Contains(s, "hunter2") {
			t.Errorf("the error of %s shows a secret: %v", raw, err)
		}
	}
}

// TestForeignScheme: another author's Go CDK driver opens by its scheme.
func TestForeignScheme(t *testing.T) {
	mux := new(blob.URLMux)
	mux.RegisterBucket("theirs",
		opener(func(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
			if u.Scheme != "theirs" || u.Query().Get("password") != "" {
				return nil, errors.New("open bucket " + u.String() +
					": invalid query parameter \"password\"")
			}
			return memblob.OpenBucket(nil), nil
		}))
	var m files.Mux
	m.RegisterFallback(func(s string) (files.Scheme, bool) { return schemeOf(mux, s) })
	for _, raw := range []string{"theirs://x", "gocloud+theirs://x"} {
		b, err := m.Open(t.Context(), raw)
		if err != nil {
			t.Errorf("%s: %v, want nil", raw, err)
			continue
		}
		put(t, b, "f", "x", nil)
	}
	_, err := m.Open(t.Context(), "gocloud+theirs://x?password=hunter2")
	if !errors.Is(err,
		files.ErrInvalid) || strings.Contains(err.Error(),
		"hunter2") || !strings.Contains(err.Error(), `"password"`) {
		t.Errorf("Open with a bad parameter = %v, want ErrInvalid, no %q and a text with %q", err,
			"hunter2", `"password"`)
	}
	m.Register(files.Scheme{
		Name:    "theirs",
		Package: "p",
		Open: func(context.Context, *url.URL) (files.Bucket, error) {
			return nil, files.ErrUnsupported
		},
	})
	if _, err := m.Open(t.Context(), "theirs://x"); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("Open of a scheme that is registered here = %v, want ErrUnsupported", err)
	}
}

type opener func(context.Context, *url.URL) (*blob.Bucket, error)

func (o opener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	return o(ctx, u)
}
