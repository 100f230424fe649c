package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Listings of random trees of awkward names are as defined, with every combination of
// options.
func TestWalkAgainstDefinition(t *testing.T) {
	long := strings.Repeat("y", 250)
	alphabet := []string{
		"a", "b", "a-", "a.", "a0", "ab", "é", "~", "x.attrs", "%cf-l-a", "%cf", "__0x2f__", long,
		long + "z", long[:240] + "%", "a.attrs", strings.Repeat("é", 300), "A", "nul", "a:b",
	}
	for seed := range uint64(2) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		w := testWalker(allRules[seed*3]) // this system's rules and Windows' rules
		var names []string
		for range 100 {
			var parts []string
			for range 1 + rnd.IntN(4) {
				parts = append(parts, alphabet[rnd.IntN(len(alphabet))])
			}
			if name := strings.Join(parts, "/"); files.CheckName(name) == nil {
				put(t, dir, w.rules, name)
				names = append(names, name)
			}
		}
		// What must not be listed.
		os.MkdirAll(filepath.Join(dir, "empty/deeper"), 0o777)
		os.MkdirAll(filepath.Join(dir, "ab/empty"), 0o777)
		os.MkdirAll(filepath.Join(dir, "a-"), 0o777)
		os.Symlink("a", filepath.Join(dir, "link"))
		os.Symlink("/", filepath.Join(dir, "a-/out"))
		for _, hidden := range []string{
			".cloudfiles.attrs/s-1.attrs/1.attrs", ".cloudfiles.attrs/lock.attrs",
			"a-/.cloudfiles-1-2.attrs", "bad\xff", "bad\xff.attrs/x", "%cf-e-z",
			"%cf-d-zz-/%cf-x-z", "%cf-d-zz-/z",
		} {
			write(t, dir, hidden, "")
		}
		for _, sidecar := range []string{"b.attrs", "orphan.attrs", "%cf-e-x%2Eattrs.attrs"} {
			write(t, dir, sidecar, `{"user.cache_control":"","user.content_type":"x"}`+"\n")
		}
		root := openRoot(t, dir)
		after := append([]string{
			"", "a/", "a/a/", "zzz", "A", "a0/b", "x.attrs/", "\xff", long + "/",
		}, names[:30]...)
		for _, prefix := range []string{
			"", "a", "a/", "a/a", "a/b/", "x.attrs/", "none/", long[:100], long + "/", "../", "/",
			"a//", "é/é", "%cf-d",
		} {
			for _, shallow := range []bool{false, true} {
				for _, start := range after {
					for _, limit := range []int{0, 1, 3} {
						req := driver.ListRequest{
							Prefix:     prefix,
							Shallow:    shallow,
							StartAfter: start,
							Limit:      limit,
							NamesOnly:  limit == 3,
						}
						if got, want := collect(t, w, root,
							req), expected(names, req); !slices.Equal(got, want) {
							t.Fatalf("seed %d %+v:\n got %q\nwant %q", seed, req, got, want)
						}
					}
				}
			}
		}
	}
}

// Size, time and version are those of the path that counts.
func TestWalkEntries(t *testing.T) {
	dir := t.TempDir()
	w, root := testWalker(linuxRules), openRoot(t, dir)
	at := time.Date(2024, 1, 2, 3, 4, 5, 678901234, time.UTC)
	set := func(disk, content string) {
		write(t, dir, disk, content)
		if err := os.Chtimes(filepath.Join(dir, disk), at, at); err != nil {
			t.Fatal(err)
		}
	}
	set("a", "plain wins")
	set("%cf-l-a", "garbage")
	set("b/c", "")
	set("%cf-l-b", "leaf")
	set("x.attrs", "{}")
	set("y.attrs", "plain")
	set("%cf-e-y%2Eattrs", "escaped wins")
	set("z.attrs", `{"user.cache_control":""}`)
	set("z", "content")
	set("%cf-l-%cf-e-w%2Eattrs", "w")
	set("w.attrs/q", "foreign folder")
	want := map[string]int64{
		"a":       10,
		"b":       4,
		"b/c":     0,
		"x.attrs": 2,
		"y.attrs": 12,
		"z":       7,
		"w.attrs": 1,
	}
	n := 0
	for e, err := range w.list(t.Context(), root, driver.ListRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		size, ok := want[e.Name]
		if !ok || e.Size != size || !e.ModTime.Equal(at) || e.ModTime.Location() != time.UTC ||
			e.Version != files.Version(fmt.Sprintf("%x-%x", at.UnixNano(), size)) || e.Key != "" {
			t.Errorf("List yields %+v, want size %d", e, size)
		}
	}
	if n != len(want) {
		t.Errorf("List yields %d entries, want %d", n, len(want))
	}
}

// Raw keys come in byte order among the names, and only with Foreign (L7).
func TestWalkForeign(t *testing.T) {
	dir := t.TempDir()
	w, root := testWalker(linuxRules), openRoot(t, dir)
	long := strings.Repeat("x", 252)
	for _, n := range []string{"a", "d/x", "x.attrs/n", "zz"} {
		put(t, dir, w.rules, n)
	}
	for _, disk := range []string{
		".cloudfiles.attrs/lock.attrs", "d/.cloudfiles-1-1.attrs", "a__0x2f__b", "d/bad\xff",
		"only/bad\x01", "%cf-e-x%2Eattrs/bad\xff",
		"w.attrs/q", "%cf-zz", long, "%cf-d-a-/q", "bad\xff/inner/f", "bad\xfe.attrs",
	} {
		write(t, dir, disk, "1234")
	}
	write(t, dir, "a__0x2f__b.attrs", sidecarHead+`:""}`)
	os.Mkdir(filepath.Join(dir, "empty\xff"), 0o777)
	os.Symlink("a", filepath.Join(dir, "link\xff"))
	all := []string{
		"key %cf-d-a-/q", "key %cf-e-x%2Eattrs/bad\xff", "key %cf-zz", "a", "key a__0x2f__b",
		"key bad\xfe.attrs", "key bad\xff/inner/f", "key d/bad\xff", "d/x", "key only/bad\x01",
		"key w.attrs/q", "x.attrs/n", "key " + long, "zz",
	}
	sort := func(list []string) []string {
		slices.SortFunc(list, func(a, b string) int {
			return strings.Compare(strings.TrimPrefix(a, "key "), strings.TrimPrefix(b, "key "))
		})
		return list
	}
	sort(all)
	if got := collect(t, w, root, driver.ListRequest{Foreign: true}); !slices.Equal(got, all) {
		t.Errorf("got  %q\nwant %q", got, all)
	}
	if got, want := collect(t, w, root,
		driver.ListRequest{}), []string{"a", "d/x", "x.attrs/n", "zz"}; !slices.Equal(got, want) {
		t.Errorf("without Foreign, List yields %q, want %q", got, want)
	}
	for i := range all {
		start := strings.TrimPrefix(all[i], "key ")
		if got := collect(t, w, root, driver.ListRequest{
			Foreign:    true,
			StartAfter: start,
		}); !slices.Equal(got, all[i+1:]) {
			t.Errorf("after %q, List yields %q\nwant %q", start, got, all[i+1:])
		}
	}
	shallow := sort([]string{
		"key %cf-d-a-/", "key %cf-e-x%2Eattrs/", "key %cf-zz", "a", "key a__0x2f__b",
		"key bad\xfe.attrs", "key bad\xff/", "d/", "only/", "key w.attrs/", "x.attrs/",
		"key " + long, "zz",
	})
	if got := collect(t, w, root, driver.ListRequest{
		Foreign: true,
		Shallow: true,
	}); !slices.Equal(got, shallow) {
		t.Errorf("shallow %q\nwant    %q", got, shallow)
	}
	for prefix, want := range map[string][]string{
		"d/":                 {"d/x", "key d/bad\xff"},
		"d/b":                {"key d/bad\xff"},
		"bad\xff":            {"key bad\xff/inner/f"},
		"bad\xff/":           {"key bad\xff/inner/f"},
		"bad\xff/inner/":     {"key bad\xff/inner/f"},
		"%cf-e-x%2Eattrs/":   {"key %cf-e-x%2Eattrs/bad\xff"},
		"%cf-d-a-/":          {"key %cf-d-a-/q"},
		".cloudfiles.attrs/": nil,
		"../":                nil,
		"d//":                nil,
		"./":                 nil,
		"\x00/":              nil,
	} {
		if got := collect(t, w, root, driver.ListRequest{
			Foreign: true,
			Prefix:  prefix,
		}); !slices.Equal(got, sort(want)) {
			t.Errorf("with the prefix %q, List yields %q, want %q", prefix, got, want)
		}
	}
	for e, err := range w.list(t.Context(), root, driver.ListRequest{
		Foreign: true,
		Prefix:  "d/b",
	}) {
		if err != nil || e.Size != 4 || e.Version == "" || e.ModTime.IsZero() {
			t.Errorf("List yields %+v, %v, want 4 bytes, a version and a time", e, err)
		}
	}
}

// The context and the caller can end a listing, and no folder stays open.
func TestWalkEnds(t *testing.T) {
	dir := t.TempDir()
	w, sys := testWalker(linuxRules), openRoot(t, dir)
	root := counting(sys)
	for i := range 600 {
		write(t, dir, fmt.Sprintf("a/b/c/%03d", i), "")
	}
	for _, foreign := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		var last error
		for _, err := range w.list(ctx, root, driver.ListRequest{Foreign: foreign}) {
			cancel()
			last = err
			n++
		}
		if last != context.Canceled || n > 300 {
			t.Errorf("the listing ended with %v after %d entries, want Canceled after at most 300",
				last, n)
		}
		for range w.list(t.Context(), root, driver.ListRequest{Foreign: foreign}) {
			if *root.open != 3+1 && !foreign {
				t.Errorf("%d folders are open in the loop's body, want 4", *root.open)
			}
			break
		}
		if *root.open != 0 {
			t.Errorf("%d folders stay open, want 0", *root.open)
		}
	}
}

// If ReadDir returns no types, they are found by Lstat.
func TestWalkUnknownTypes(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, n := range []string{"a", "a/b", "x.attrs/c", strings.Repeat("y", 300)} {
		put(t, dir, linuxRules, n)
		names = append(names, n)
	}
	os.Symlink("a", filepath.Join(dir, "link"))
	write(t, dir, "bad\xff", "")
	w, root := testWalker(linuxRules), &oddDir{openRoot(t, dir), "no/such"}
	for _, req := range []driver.ListRequest{{}, {Shallow: true}, {NamesOnly: true}} {
		if got, want := collect(t, w, root, req), expected(names, req); !slices.Equal(got, want) {
			t.Errorf("%+v: got %q, want %q", req, got, want)
		}
	}
	if got := collect(t, w, root,
		driver.ListRequest{Foreign: true}); !slices.Contains(got, "key bad\xff") || len(got) != 5 {
		t.Errorf("with Foreign, List yields %q, want the names and bad\\xff", got)
	}
}
