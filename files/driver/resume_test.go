package driver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// breaking is a map backend whose bodies break after some bytes.
type breaking struct {
	*mapdriver.Backend
	every   int         // bytes after which a body breaks
	opens   int         // counted
	refuse  int         // how many opens to refuse, after the first
	onBreak func(n int) // called before the n-th open after the first
	how     error       // how a body ends when it breaks
	tired   bool        // refused opens were repeated already
}

func (b *breaking) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	b.opens++
	if b.opens > 1 && b.onBreak != nil {
		b.onBreak(b.opens - 1)
	}
	if b.opens > 1 && b.refuse > 0 {
		b.refuse--
		if b.tired {
			return driver.Object{}, retry.Permanent(files.ErrUnavailable)
		}
		return driver.Object{}, files.ErrUnavailable
	}
	o, err := b.Backend.Open(ctx, req)
	if err == nil && o.Length > int64(b.every) {
		o.Body = io.NopCloser(io.MultiReader(io.LimitReader(o.Body, int64(b.every)),
			failing{b.how}))
	}
	return o, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestResume(t *testing.T) {
	content := make([]byte, 1000)
	for i := range content {
		content[i] = byte(i ^ i>>8)
	}
	cut := driver.WithCause(files.ErrUnavailable, io.ErrClosedPipe, "connection reset")
	for _, c := range []struct {
		name   string
		how    error
		refuse int
		change func(b files.Bucket) error
		want   error
	}{
		{name: "reset", how: cut},
		{name: "short body", how: io.EOF},
		{name: "unexpected EOF", how: io.ErrUnexpectedEOF},
		{name: "four refusals in a row", how: cut, refuse: 4},
		{
			name:   "gives up",
			how:    cut,
			refuse: 100,
			want:   files.ErrUnavailable,
		},
		{
			name: "replaced",
			how:  cut,
			want: files.ErrChanged,
			change: func(b files.Bucket) error {
				_, err := files.PutString(context.Background(), b, "f", "new", nil)
				return err
			},
		},
		{
			name: "deleted",
			how:  cut,
			want: files.ErrChanged,
			change: func(b files.Bucket) error {
				return b.Delete(context.Background(), "f", nil)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			back := &breaking{
				Backend: mapdriver.New(),
				every:   64,
				how:     c.how,
				refuse:  c.refuse,
			}
			if c.change != nil {
				back.onBreak = func(n int) {
					if n == 3 {
						if err := c.change(driver.New(back.Backend)); err != nil {
							t.Error(err)
						}
					}
				}
			}
			b := driver.New(back)
			if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
				t.Fatal(err)
			}
			r, err := b.Get(t.Context(), "f", &files.GetOptions{Range: files.From(10)})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, err := r.ReadAll()
			if !errors.Is(err, c.want) {
				t.Fatalf("reading: %v, want %v", err, c.want)
			}
			if !bytes.HasPrefix(content[10:], got) {
				t.Error("the bytes are not those of the file")
			}
			if c.want == nil && (len(got) != 990 || back.opens < 990/64) {
				t.Errorf("%d bytes in %d opens", len(got), back.opens)
			}
			if c.want != nil && len(got) >= 990 {
				t.Error("everything came, and an error as well")
			}
		})
	}
}

// TestResumeRepeatsOnce: a request that the driver has retried by its policy isn't
// retried again, because the attempts would multiply.
func TestResumeRepeatsOnce(t *testing.T) {
	back := &breaking{
		Backend: mapdriver.New(),
		every:   64,
		how:     io.ErrUnexpectedEOF,
		refuse:  100,
		tired:   true,
	}
	b := driver.New(back)
	if _, err := files.PutString(t.Context(), b, "f", string(make([]byte, 100)), nil); err != nil {
		t.Fatal(err)
	}
	p, err := files.ReadAll(t.Context(), b, "f", nil)
	if !errors.Is(err, files.ErrUnavailable) || back.opens != 2 {
		t.Errorf("%d bytes, %v after %d opens; want ErrUnavailable after 2", len(p), err,
			back.opens)
	}
}
