package compress_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestList: a listing has the plain sizes, at one Stat a file, and with NamesOnly
// without any.
func TestList(t *testing.T) {
	var stats atomic.Int64
	store := mem.New(nil)
	below := files.Wrap(store, files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpStat {
				stats.Add(1)
			}
			return next(ctx)
		},
	})
	b := open(t, below, nil)
	for i := range 150 {
		put(t, b, fmt.Sprintf("d%d/%03d", i%3, i), text(i*10), nil)
	}
	for _, c := range []struct {
		opts  files.ListOptions
		n     int
		stats int64
	}{
		{files.ListOptions{}, 150, 150},
		{files.ListOptions{NamesOnly: true}, 150, 0},
		{files.ListOptions{Limit: 10}, 10, 10},
		{files.ListOptions{Shallow: true}, 3, 0},
		{files.ListOptions{StartAfter: "d1/999"}, 50, 50},
	} {
		stats.Store(0)
		n, last := 0, ""
		for e, err := range b.List(t.Context(), "", &c.opts) {
			var i int
			if err != nil {
				t.Fatal(err)
			}
			fmt.Sscanf(e.Name[min(3, len(e.Name)):], "%d", &i)
			if !e.IsDir && !c.opts.NamesOnly && e.Size != int64(i*10) || e.Name <= last {
				t.Errorf("List(%+v) yields %+v", c.opts, e)
			}
			n, last = n+1, e.Name
		}
		if n != c.n || stats.Load() != c.stats {
			t.Errorf("%+v: %d entries, %d requests; want %d, %d", c.opts, n, stats.Load(), c.n,
				c.stats)
		}
	}
	stats.Store(0)
	for range b.List(t.Context(), "", nil) {
		break
	}
	if n := stats.Load(); n > 2 {
		t.Errorf("the first entry took %d requests, want at most 2", n)
	}
}

// TestListGoesOn: a damaged file makes a listing end with one error, and a file that is
// deleted during the listing is left out.
func TestListGoesOn(t *testing.T) {
	store := mem.New(nil)
	gone := ""
	below := files.Wrap(store, files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpStat && c.Name == gone {
				return files.ErrNotExist
			}
			return next(ctx)
		},
	})
	b := open(t, below, nil)
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		put(t, b, n, text(100), nil)
	}
	s, a := stored(t, store, "b")
	for _, n := range []string{"b", "d"} {
		a.Metadata = map[string]string{"cloudfiles-compress": "zstd-" + n}
		put(t, store, n, s, &files.PutOptions{Attributes: a})
	}
	gone = "e"
	for _, c := range []struct {
		opts  files.ListOptions
		names []string
		fails bool
	}{
		{files.ListOptions{}, []string{"a", "c", "f"}, true},
		{files.ListOptions{Limit: 1}, []string{"a"}, false},
		{files.ListOptions{Limit: 3}, []string{"a", "c", "f"}, true},
		{files.ListOptions{StartAfter: "d"}, []string{"f"}, false},
		{files.ListOptions{StartAfter: "d", Limit: 1}, []string{"f"}, false},
		{files.ListOptions{NamesOnly: true}, []string{"a", "b", "c", "d", "e", "f"}, false},
	} {
		var names []string
		var failed error
		for e, err := range b.List(t.Context(), "", &c.opts) {
			if failed = err; err == nil {
				names = append(names, e.Name)
			}
		}
		var e *files.Error
		if !slices.Equal(names, c.names) || c.fails != (failed != nil) || c.fails &&
			(files.KindOf(failed) != files.ErrCorrupt || !errors.As(failed, &e) || e.Name != "b") {
			t.Errorf("List(%+v) yields %q and then %v", c.opts, names, failed)
		}
	}
}
