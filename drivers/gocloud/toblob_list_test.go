package gocloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

// counting counts listings, and listings that have not ended.
type counting struct {
	files.Bucket
	lists, open atomic.Int64
}

func (c *counting) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		c.lists.Add(1)
		c.open.Add(1)
		defer c.open.Add(-1)
		for e, err := range c.Bucket.List(ctx, dir, o) {
			if !yield(e, err) {
				return
			}
		}
	}
}

func filled(t *testing.T, names ...string) *counting {
	t.Helper()
	b := mem.New(nil)
	t.Cleanup(func() { b.Close() })
	for _, n := range names {
		put(t, b, n, n, nil)
	}
	return &counting{Bucket: b}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("d%d/n%05d", i/100, i)
	}
	slices.Sort(names)
	return names
}

func keysOf(p *driver.ListPage) (keys []string) {
	for _, o := range p.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

func page(t *testing.T, b *bridge, o driver.ListOptions) *driver.ListPage {
	t.Helper()
	p, err := b.ListPaged(t.Context(), &o)
	if err != nil {
		t.Fatalf("ListPaged with %+v: %v", o, err)
	}
	return p
}

// TestPagingIsOneListing: all pages come from one listing (L8), which ends with the
// last page.
func TestPagingIsOneListing(t *testing.T) {
	c := filled(t, numbered(5000)...)
	b := newBridge(c, nil)
	defer b.Close()
	var got []string
	var token []byte
	for {
		p := page(t, b, driver.ListOptions{PageSize: 70, PageToken: token})
		got = append(got, keysOf(p)...)
		if token = p.NextPageToken; len(token) == 0 {
			break
		}
		if len(p.Objects) != 70 {
			t.Fatalf("a page has %d objects", len(p.Objects))
		}
	}
	if !slices.Equal(got, numbered(5000)) {
		t.Errorf("listed %d keys", len(got))
	}
	if c.lists.Load() != 1 || c.open.Load() != 0 {
		t.Errorf("%d listings, %d open, want 1 and 0", c.lists.Load(), c.open.Load())
	}
}

// TestTokenAlone: a page token works in another process, and more than once.
func TestTokenAlone(t *testing.T) {
	c := filled(t, numbered(10)...)
	b := newBridge(c, nil)
	defer b.Close()
	first := page(t, b, driver.ListOptions{PageSize: 3})
	for range 3 {
		if got := keysOf(page(t, b, driver.ListOptions{
			PageSize:  3,
			PageToken: first.NextPageToken,
		})); !slices.Equal(got, numbered(10)[3:6]) {
			t.Errorf("the second page again = %q", got)
		}
	}
	other := newBridge(c, nil)
	defer other.Close()
	if got := keysOf(page(t, other,
		driver.ListOptions{PageToken: first.NextPageToken})); !slices.Equal(got, numbered(10)[3:]) {
		t.Errorf("the second page of another bridge = %q", got)
	}
}

func TestForeignToken(t *testing.T) {
	c := filled(t, numbered(10)...)
	b := newBridge(c, nil)
	defer b.Close()
	good := page(t, b, driver.ListOptions{PageSize: 3}).NextPageToken
	changed := slices.Clone(good)
	changed[len(changed)-3] ^= 1
	for what, o := range map[string]driver.ListOptions{
		"of another prefix":    {PageToken: good, Prefix: "d"},
		"of another delimiter": {PageToken: good, Delimiter: "/"},
		"of memblob":           {PageToken: []byte("d0/n00002")},
		"changed":              {PageToken: changed},
		"cut":                  {PageToken: good[:4]},
	} {
		_, err := b.ListPaged(t.Context(), &o)
		if !errors.Is(err,
			files.ErrInvalid) || b.ErrorCode(err) != gcerrors.InvalidArgument ||
			!strings.Contains(err.Error(), "page token") {
			t.Errorf("ListPage with a token %s = %v", what, err)
		}
	}
}

// TestWalksAreBounded: open listings are limited in number and in time, and end with
// Close and with the caller's context.
func TestWalksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := filled(t, numbered(300)...)
		b := newBridge(c, nil)
		begin := func(i int) []byte {
			return page(t, b, driver.ListOptions{
				PageSize:  1,
				Prefix:    fmt.Sprintf("d%d", i%3),
				Delimiter: strings.Repeat("-", i/3+1),
			}).NextPageToken
		}
		for i := range maxWalks + 5 {
			begin(i)
			time.Sleep(time.Millisecond) // of the bubble's clock
		}
		if n := c.open.Load(); n != maxWalks {
			t.Errorf("%d listings are open, want %d", n, maxWalks)
		}
		time.Sleep(walkIdle / 2)
		o := driver.ListOptions{PageSize: 1}
		for range 3 {
			o.PageToken = page(t, b, o).NextPageToken
			time.Sleep(walkIdle / 3)
		}
		if n := c.open.Load(); n != 1 {
			t.Errorf("%d listings are open after the idle limit, want the one in use", n)
		}
		if n := c.lists.Load(); n != maxWalks+5+1 {
			t.Errorf("%d listings were made, want 22", n)
		}
		time.Sleep(2 * walkIdle)
		if n := c.open.Load(); n != 0 {
			t.Errorf("%d listings are open without a caller", n)
		}
		o.PageToken = page(t, b, o).NextPageToken // begins a new listing
		b.Close()
		if n := c.open.Load(); n != 0 {
			t.Errorf("%d listings are open after Close, want 0", n)
		}
		synctest.Wait() // Test fails if a goroutine is left
	})
}

// TestPageContext: the end of a call's context ends its page and the listing; the end
// between two pages doesn't.
func TestPageContext(t *testing.T) {
	c := filled(t, numbered(10)...)
	b := newBridge(c, nil)
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := b.ListPaged(ctx, &driver.ListOptions{PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if got := keysOf(page(t, b, driver.ListOptions{
		PageSize:  3,
		PageToken: p.NextPageToken,
	})); len(got) != 3 || c.lists.Load() != 1 {
		t.Errorf("the next page = %q, after %d listings, want a length of 3 and 1", got,
			c.lists.Load())
	}
	if _, err := b.ListPaged(ctx,
		&driver.ListOptions{PageToken: p.NextPageToken}); !errors.Is(err, context.Canceled) {
		t.Errorf("ListPage with an ended context = %v, want context.Canceled", err)
	}
}

// modelList is a listing as Go CDK defines it.
func modelList(keys []string, prefix, delimiter string) []string {
	seen := map[string]bool{}
	var out []string
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			k = prefix + rest[:i+len(delimiter)] + "|dir"
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// TestListModel compares listings of random keys, many of which must be escaped, with
// the model: for every prefix, delimiter and page size, with kept listings and without.
func TestListModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		b := mem.New(nil)
		raw := ToBlob(b, nil)
		if round%3 == 2 { // a bucket with raw keys of other programs
			raw = memblob.OpenBucket(nil)
			b = New(raw, nil)
		}
		keys := map[string]bool{}
		for range 1 + r.IntN(12) {
			key := randomKey(r)
			if round%3 == 2 && taken(key) {
				continue // for the bridge it is the name of another key
			}
			keys[key] = true
			if err := raw.WriteAll(t.Context(), key, []byte(key),
				&blob.WriterOptions{ContentType: "text/plain"}); err != nil {
				t.Fatalf("writing the key %q: %v", key, err)
			}
		}
		sorted := slices.Sorted(func(yield func(string) bool) {
			for k := range keys {
				if !yield(k) {
					return
				}
			}
		})
		prefixes := []string{"", randomKey(r)}
		for _, k := range sorted {
			prefixes = append(prefixes, k, k[:r.IntN(len(k))], k+"/")
			if i := strings.LastIndex(k, "/"); i >= 0 {
				prefixes = append(prefixes, k[:i+1], k[:i])
			}
		}
		for _, prefix := range prefixes {
			for _, delimiter := range []string{"", "/", "_", "a"} {
				want := modelList(sorted, prefix, delimiter)
				for _, size := range []int{0, 1, 2} {
					br := newBridge(b, nil)
					var got []string
					o := driver.ListOptions{Prefix: prefix, Delimiter: delimiter, PageSize: size}
					for {
						p := page(t, br, o)
						for _, obj := range p.Objects {
							if k := obj.Key; obj.IsDir {
								got = append(got, k+"|dir")
							} else {
								got = append(got, k)
							}
						}
						if o.PageToken = p.NextPageToken; len(o.PageToken) == 0 {
							break
						}
						if round%2 == 0 {
							br.Close()
							br = newBridge(b, nil)
						}
					}
					br.Close()
					slices.Sort(got)
					if !slices.Equal(got, want) {
						t.Fatalf("keys %q, prefix %q, delimiter %q, page size %d:\n got "+
							"%q\nwant %q", sorted, prefix, delimiter, size, got, want)
					}
				}
			}
		}
		b.Close()
	}
}
