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
)

// ignorant is a map backend that sends the whole file in place of a range.
type ignorant struct {
	*mapdriver.Backend
	cut  int64 // how many bytes its bodies have, or 0 for all
	read int64 // counted
	over int   // bodies that are closed
}

func (b *ignorant) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	r := req.Range
	req.Range = files.Range{}
	o, err := b.Backend.Open(ctx, req)
	if err != nil {
		return o, err
	}
	o.Offset, o.Length = r.Resolve(o.Info.Size)
	o.Before = o.Offset
	body := o.Body
	if b.cut > 0 {
		body = io.NopCloser(io.LimitReader(body, b.cut))
	}
	o.Body = &counted{ReadCloser: body, b: b}
	return o, err
}

type counted struct {
	io.ReadCloser
	b *ignorant
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.b.read += int64(n)
	return n, err
}

func (c *counted) Close() error {
	c.b.over++
	return c.ReadCloser.Close()
}

// TestBefore: up to MaxBefore bytes in front of the range are left out, what is behind
// the range isn't read, and every body is closed once (G3).
func TestBefore(t *testing.T) {
	content := make([]byte, driver.MaxBefore+1000)
	for i := range content {
		content[i] = byte(i ^ i>>8 ^ i>>16)
	}
	size := int64(len(content))
	back := &ignorant{Backend: mapdriver.New()}
	b := driver.New(back)
	defer b.Close()
	if _, err := b.Put(t.Context(), "f", bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r    files.Range
		cut  int64
		want error
		most int64 // bytes read of the body
	}{
		{r: files.Range{}, most: size},
		{r: files.Bytes(0, 10), most: 10},
		{r: files.Bytes(100, 10), most: 110},
		{r: files.Bytes(1, 10), most: 11},
		{r: files.Bytes(driver.MaxBefore, 10), most: driver.MaxBefore + 10},
		{r: files.Bytes(driver.MaxBefore+1, 10), want: files.ErrUnavailable},
		{r: files.Last(10), want: files.ErrUnavailable},
		{r: files.Bytes(100, 0)},
		{r: files.From(size)},
		{
			r:    files.Bytes(100, 10),
			cut:  50,
			want: files.ErrUnavailable,
			most: 50,
		},
	} {
		back.cut, back.read, back.over = c.cut, 0, 0
		var got []byte
		r, err := b.Get(t.Context(), "f", &files.GetOptions{Range: c.r})
		if err == nil {
			got, err = r.ReadAll()
			r.Close()
		}
		off, n := c.r.Resolve(size)
		switch {
		case c.want != nil && files.KindOf(err) != c.want:
			t.Errorf("%v: %v, want %v", c.r, err, c.want)
		case c.want == nil && (err != nil || !bytes.Equal(got, content[off:off+n])):
			t.Errorf("%v: %d bytes, %v", c.r, len(got), err)
		}
		if back.read > c.most || back.over != 1 {
			t.Errorf("%v: %d bytes read, want %d; closed %d times", c.r, back.read, c.most,
				back.over)
		}
	}
}

// TestBeforeThatLies: an impossible number of bytes in front of the range is an error.
func TestBeforeThatLies(t *testing.T) {
	for _, before := range []int64{-1, 3, 1 << 62} {
		back := &lying{Backend: mapdriver.New(), before: before}
		b := driver.New(back)
		if _, err := files.PutString(t.Context(), b, "f", "0123456789", nil); err != nil {
			t.Fatal(err)
		}
		_, err := b.Get(t.Context(), "f", &files.GetOptions{Range: files.Bytes(2, 3)})
		if !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%d: Get = %v, want ErrUnavailable", before, err)
		}
		b.Close()
	}
}

type lying struct {
	*mapdriver.Backend
	before int64
}

func (b *lying) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := b.Backend.Open(ctx, req)
	o.Before = b.before
	return o, err
}
