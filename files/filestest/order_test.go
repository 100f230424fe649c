package filestest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestWantCalls: calls are counted by operation and name, whatever their order.
func TestWantCalls(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	for _, name := range []string{"d/2", "d/1", "e"} {
		put(t, b, name, "x")
	}
	b.DeleteMany(t.Context(), []string{"d/1", "e"})
	b.WantCalls(o, files.OpPut, "d/", 2)
	b.WantCalls(o, files.OpPut, "", 3)
	b.WantCalls(o, files.OpPut, "d/?", 2)
	b.WantCalls(o, files.OpDeleteMany, "e", 1)
	b.WantCalls(o, files.OpDeleteMany, "x", 0)
	b.WantCalls(o, files.OpGet, "", 0)
	o.want(t)
	b.WantCalls(o, files.OpPut, "e", 2)
	b.WantCalls(o, files.OpPut, "[", 0)
	o.want(t, `want 2 calls of put "e"; got 1; the calls were:`, "syntax error in pattern")
	for _, part := range []string{"1. filestest/helper_test.go:", `: put "d/2", 1`} {
		if !strings.Contains(o.errors[0], part) {
			t.Errorf("the failure lacks %q:\n%s", part, o.errors[0])
		}
	}
	if table := b.Calls().String(); !strings.Contains(o.errors[0], table) {
		t.Errorf("String differs from the table of the failure:\n%s", table)
	}
}

// TestWantOrder: order is asserted between the calls that are named, and no others. What
// overlaps has no order.
func TestWantOrder(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	data, index := filestest.CallsOf(files.OpPut, "data/"), filestest.CallsOf(files.OpPut, "index")
	gets := filestest.CallsOf(files.OpGet, "")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { files.PutString(t.Context(), b, fmt.Sprint("data/", i), "x", nil) })
	}
	all.Wait()
	r, err := b.Get(t.Context(), "data/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, "index", "x")
	b.WantOrder(o, data, index)
	b.WantOrder(o, data, gets)
	o.want(t)
	b.WantOrder(o, gets, index) // its body is open
	r.Close()
	b.WantOrder(o, gets, index)
	b.WantOrder(o, index, data)
	b.WantOrder(o, data, filestest.CallsOf(files.OpStat, ""))
	b.WantOrder(o, data)
	late := `a call of get "" had not ended before put "index" began`
	o.want(t, late, late, `a call of put "index" had not ended before put "data/" began`,
		`stat "" was not called`, "an order needs two steps")
}

// TestParallelCode: assertions hold whatever the order in which goroutines call. (It is
// for the race detector, many times over.)
func TestParallelCode(t *testing.T) {
	for range 20 {
		b := filestest.New(t)
		b.On(files.OpPut, "x/").Nth(2).Fail(files.ErrUnavailable)
		want := filestest.Tree{}
		var names []string
		for i := range 8 {
			name := fmt.Sprintf("d/%d", i)
			names, want[name] = append(names, name), "x"
		}
		b.Within(t, filestest.Budget{Calls: 26, Writes: 10, Bytes: 32}, func() {
			var all sync.WaitGroup
			for _, name := range names {
				all.Go(func() {
					files.PutString(t.Context(), b, name, "x", nil)
					files.ReadString(t.Context(), b, name, nil)
					b.Calls()
				})
			}
			for range 2 {
				all.Go(func() { files.PutString(t.Context(), b, "x/same", "x", nil) })
			}
			all.Wait()
		})
		b.WantCalls(t, files.OpPut, "x/", 2)
		b.WantOrder(t, filestest.CallsOf(files.OpPut, "d/0"), filestest.CallsOf(files.OpGet, "d/0"))
		b.WantCreated(t, append(names, "x/same")...)
		b.WantAtLeast(t, want)
	}
}

// TestManyCalls: past its bounds the record says that it can't know.
func TestManyCalls(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	for range 101 {
		b.DeleteMany(t.Context(), names)
	}
	b.WantCalls(o, files.OpDeleteMany, "1", 101)
	o.want(t, "more calls than the fake records")
}

// TestFailuresAreShort: however much differs, a failure has at most 50 lines, and none of
// the content of what was called.
func TestFailuresAreShort(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	tree := filestest.Tree{}
	for i := range 100 {
		tree[fmt.Sprintf("lost/%03d", i)] = "x"
		put(t, b, fmt.Sprintf("d/%03d", i), "secret")
	}
	b.On(files.OpGet, "never").Fail(files.ErrUnavailable)
	b.WantCreated(o, "other")
	b.WantCalls(o, files.OpGet, "", 1)
	b.WantOrder(o, filestest.CallsOf(files.OpGet, ""), filestest.CallsOf(files.OpPut, ""))
	b.Within(o, filestest.Budget{}, func() {
		for i := range 100 {
			b.Stat(t.Context(), fmt.Sprint(i), nil)
		}
	})
	calls := len(o.errors)
	b.Want(o, tree)
	b.WantOneOf(o, tree, filestest.Tree{})
	o.end()
	all := append(o.errors, o.logs...)
	if len(all) != 7 {
		t.Errorf("%d failures", len(all))
	}
	for i, text := range all {
		if n := strings.Count(text, "\n") + 1; n > 50 || n < 10 {
			t.Errorf("%d lines:\n%s", n, text)
		}
		if i < calls && strings.Contains(text, "secret") {
			t.Errorf("content is shown:\n%s", text)
		}
	}
}

// TestContentIsSizeAndDigest: the record tells contents of one size apart, and keeps
// none.
func TestContentIsSizeAndDigest(t *testing.T) {
	b := filestest.New(t)
	for _, content := range []string{"one", "two", "one"} {
		put(t, b, "a", content)
	}
	c := b.Calls()
	if c[0].N != 3 || c[0].Digest.IsZero() || c[0].Digest == c[1].Digest ||
		c[0].Digest != c[2].Digest {
		t.Errorf("Calls = %+v, want equal digests of equal contents", c)
	}
	if text := fmt.Sprintf("%+v", c); strings.Contains(text, "two") {
		t.Errorf("the record has content: %s", text)
	}
}
