package driver_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

type (
	class string // an option that the backend knows
	other struct{}
)

func (class) NativeOption() string  { return "test.Class" }
func (*other) NativeOption() string { return "test.Other" }

// classes is a map backend with an option.
type classes struct {
	*mapdriver.Backend
	puts, copies [][]files.NativeOption
}

func (c *classes) CheckNative(op files.Op, o files.NativeOption) error {
	switch o := o.(type) {
	case class:
		if o == "" {
			return driver.Errorf(files.ErrInvalid, "an empty class")
		}
		return nil
	}
	return driver.UnknownNative(o)
}

func (c *classes) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	c.puts = append(c.puts, req.Native)
	return c.Backend.Put(ctx, req)
}

func (c *classes) Copy(_ context.Context, _ driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	c.copies = append(c.copies, req.Native)
	return files.Info{}, nil
}

func (c *classes) Features() files.Features {
	f := c.Backend.Features()
	f.ServerCopy = true
	return f
}

func TestNativeOptions(t *testing.T) {
	c := &classes{Backend: mapdriver.New()}
	b, err := files.Sub(driver.New(c), "dir")
	if err != nil {
		t.Fatal(err)
	}
	cold := []files.NativeOption{class("cold")}
	if _, err := b.Put(t.Context(), "a", strings.NewReader("a"),
		&files.PutOptions{Native: cold}); err != nil {
		t.Fatal(err)
	}
	// onto itself is a change
	if _, err := files.Copy(t.Context(), b, "a", b, "a",
		&files.CopyOptions{Native: cold}); err != nil {
		t.Fatal(err)
	}
	plain := driver.New(mapdriver.New())
	if _, err := plain.Put(t.Context(), "x", strings.NewReader("x"), nil); err != nil {
		t.Fatal(err)
	}
	// no server-side copy
	wrapped := files.Wrap(b, files.Hooks{
		Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return r
		},
	})
	if _, err := files.Copy(t.Context(), wrapped, "streamed", plain, "x",
		&files.CopyOptions{Native: cold}); err != nil {
		t.Fatal(err)
	}
	if len(c.puts) != 2 || !slices.Equal(c.puts[0],
		cold) || !slices.Equal(c.puts[1],
		cold) || len(c.copies) != 1 || !slices.Equal(c.copies[0], cold) {
		t.Errorf("the backend got %v and %v", c.puts, c.copies)
	}
	var none *other
	for want, options := range map[error][]files.NativeOption{
		files.ErrUnsupported: {class("cold"), none}, files.ErrInvalid: {class("")},
	} {
		_, err := b.Put(t.Context(), "a", strings.NewReader("a"),
			&files.PutOptions{Native: options})
		_, cerr := files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{Native: options})
		if !errors.Is(err,
			want) || !errors.Is(cerr,
			want) || want == files.ErrUnsupported && !strings.Contains(err.Error(), "test.Other") {
			t.Errorf("%v: Copy = %v, %v", options, err, cerr)
		}
	}
	b.Close()
	if _, err := files.Copy(t.Context(), b, "b", b, "a",
		&files.CopyOptions{Native: cold}); !errors.Is(err, files.ErrClosed) {
		t.Errorf("closed: %v, want ErrClosed", err)
	}
	if len(c.puts) != 2 || len(c.copies) != 1 {
		t.Error("a refused call reached the backend")
	}
}

// TestNativeOptionNil: an option that is nil is ErrInvalid, and nothing is stored.
func TestNativeOptionNil(t *testing.T) {
	c := &classes{Backend: mapdriver.New()}
	_, err := driver.New(c).Put(t.Context(), "f", strings.NewReader("x"),
		&files.PutOptions{Native: []files.NativeOption{nil}})
	if !errors.Is(err, files.ErrInvalid) || len(c.puts) > 0 {
		t.Errorf("%v, %d Puts, want ErrInvalid and none", err, len(c.puts))
	}
}
