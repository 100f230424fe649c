package gcs

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// oneParted passes the only part of a Put to a test.
type oneParted struct {
	*mapdriver.Backend
	test func(part *driver.Part)
}

func (b *oneParted) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	parts, err := driver.NewParts(driver.PartPlan{
		PartSize:    8 * mib,
		Concurrency: 1,
		MaxParts:    1,
		MaxPartSize: 8 * mib,
	}, req)
	if err != nil {
		return files.Info{}, err
	}
	part, err := parts.Next(ctx)
	if err != nil {
		return files.Info{}, err
	}
	defer part.Release()
	b.test(part)
	return files.Info{}, nil
}

// TestRequestBody: a payload is sent completely, in pieces of any size, from any offset
// of its part, and repeatedly; after the end of its request, nothing of it is read any
// more.
func TestRequestBody(t *testing.T) {
	content := strings.Repeat("0123456789", 110_000) // more than a block
	bucket := driver.New(&oneParted{mapdriver.New(), func(part *driver.Part) {
		for _, from := range []int64{0, 7, part.Size - 1, part.Size} {
			p := &payload{
				before: "<",
				part:   part,
				from:   from,
				after:  ">",
			}
			want := "<" + content[from:] + ">"
			for what, pieces := range map[string]func(io.Reader) io.Reader{
				"halves": iotest.HalfReader,
				"all":    func(r io.Reader) io.Reader { return r },
			} {
				b := p.body()
				got, err := io.ReadAll(pieces(b))
				if err != nil || string(got) != want || p.size() != int64(len(want)) || !b.whole() {
					t.Errorf("from %d, %s: %d bytes, %v, of %d, read completely: %v; want %d",
						from, what, len(got), err, p.size(), b.whole(), len(want))
				}
			}
		}
		c := &call{payload: &payload{before: "<", part: part}}
		first, again := c.payload.body(), c.payload.body()
		again.prev, c.sent = first, again
		if _, err := io.ReadFull(again, make([]byte, 10)); err != nil || again.whole() {
			t.Errorf("ten bytes: %v, read completely: %v", err, again.whole())
		}
		c.end()
		for _, b := range []*requestBody{first, again} {
			if n, err := b.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
				t.Errorf("after the end: %d bytes, %v; want an error other than io.EOF", n, err)
			}
		}
	}})
	if _, err := files.PutString(t.Context(), bucket, "a", content, nil); err != nil {
		t.Fatal(err)
	}
}
