// Package parallellist compares listings that make several requests at a time
// (files.ListOptions.Parallel) with plain ones, for the tests of drivers.
package parallellist

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// Compare fills the empty bucket, which makes its requests through the proxy, and lists
// it in several ways.
func Compare(t *testing.T, b files.Bucket, p *proxy.Proxy) {
	t.Helper()
	names := fill(t, b, longtest.N(t, 400, 4000))
	page := len(names) / 50
	for _, o := range []files.ListOptions{
		{PageSize: page},
		{PageSize: page, StartAfter: names[len(names)/9]},
		{PageSize: page, StartAfter: names[len(names)/3] + "\x01", Foreign: true},
		{PageSize: page, Prefix: "d"},
	} {
		o.Foreign = o.Foreign && b.Features().ForeignKeys
		want, plain := listing(t, b, p, o)
		o.Parallel = 8
		got, requests := listing(t, b, p, o)
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%+v: %d entries, want %d:\n%v\n%v", o, len(got), len(want), got, want)
		}
		// and those that show, once for each kind of listing, what the service can do
		if most := plain*4/3 + 8; requests > most {
			t.Errorf("%+v: %d requests, and %d one after the other", o, requests, plain)
		}
		if o.StartAfter == "" && o.Prefix == "" && requests <= plain {
			t.Errorf("%+v: %d requests, and %d one after the other: it was not divided", o,
				requests, plain)
		}
	}
}

// listing returns the entries of a listing, and how many requests it made.
func listing(t *testing.T, b files.Bucket, p *proxy.Proxy, o files.ListOptions) ([]string, int) {
	t.Helper()
	p.Reset()
	var entries []string
	for e, err := range b.List(t.Context(), "", &o) {
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		entries = append(entries, fmt.Sprint(e.Name, e.Key, e.Size, e.ModTime, e.Version))
	}
	return entries, p.Total()
}

// fill puts n files, half of them in one directory.
func fill(t *testing.T, b files.Bucket, n int) []string {
	t.Helper()
	var names []string
	for i := range n / 2 {
		names = append(names, fmt.Sprintf("flat/%06d", i*17),
			fmt.Sprintf("d %d/%02d/sub%d/%d ü.txt", i/100, i/10%10, i%10/3, i))
	}
	names = append(names, "d 1.txt", "d 1-x", "flat-", "flat0", "\U0001F600/x", "z/日本", "z/\uE000")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for i := k; i < len(names) && ctx.Err() == nil; i += 8 {
				if _, err := files.PutString(ctx, b, names[i], "x", nil); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
