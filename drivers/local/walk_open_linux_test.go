package local

import (
	"os"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// descriptors returns the number of open descriptors.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A listing keeps at most 32 descriptors open at any depth, and continues after the
// deepest folder.
func TestListDescriptors(t *testing.T) {
	b, _ := newBucket(t, &Options{NoSync: true})
	long := strings.Repeat("é", 300)
	var names []string
	add := func(name string) {
		t.Helper()
		names = append(names, name)
		if _, err := files.PutString(t.Context(), b, name, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	deep := strings.Repeat("a/", 511) + "a"
	add(deep)
	for _, depth := range []int{1, 2, 7, 8, 9, 10, 40, 41, 200, 300, 509} {
		up := deep[:2*depth]
		add(up + "0")
		add(up + "b/c")
		add(up + "z")
	}
	add(strings.Repeat("%cf-/", 200) + "x")
	add(strings.Repeat("%cf-/", 190) + "y") // its folder's path is longer than maxPath
	add(strings.Repeat("%cf-/", 100) + "y")
	add(long + "/" + long[:300] + "/x")
	add(strings.Repeat("q", 1024))
	slices.Sort(names)
	before := descriptors(t)
	for _, o := range []files.ListOptions{
		{},
		{NamesOnly: true},
		{Foreign: true},
		{PageSize: 3},
	} {
		most := 0
		var got []string
		for e, err := range b.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Name)
			most = max(most, descriptors(t)-before)
		}
		if !slices.Equal(got, names) {
			t.Errorf("%+v: List yields %d names, or others, want %d", o, len(got), len(names))
		}
		if most > 32 {
			t.Errorf("%+v: %d descriptors are open, want at most 32", o, most)
		}
	}
	var dirs []string
	for _, o := range []files.ListOptions{{Shallow: true}, {Shallow: true, Foreign: true}} {
		dirs = dirs[:0]
		for e, err := range b.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, e.Name)
		}
		want := []string{"%cf-/", "a/", strings.Repeat("q", 1024), long + "/"}
		if !slices.Equal(dirs, want) {
			t.Errorf("%+v: List yields %d entries, or others, want %d", o, len(dirs), len(want))
		}
	}
	if n := descriptors(t) - before; n > 0 { // buckets that earlier tests forgot may end
		t.Errorf("%d descriptors are left open", n)
	}
}

// The search for a first file keeps few folders open at any depth.
func TestSearchDescriptors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, strings.Repeat("d/", 400)+"z/x", "")
	for _, depth := range []int{3, 100, 399} {
		if err := os.Mkdir(dir+"/"+strings.Repeat("d/", depth)+"empty", 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		foreign bool
		limit   int // the root of each walk, what a search keeps open, and the folder that it opens
	}{
		{false, 1 + maxSearchLevels + 1},
		{true, 2 + maxForeignLevels + 1},
	} {
		most := 0
		root := &openDir{Dir: openRoot(t, dir), most: &most, open: new(int)}
		got := collect(t, testWalker(linuxRules), root, driver.ListRequest{
			Shallow: true,
			Foreign: c.foreign,
		})
		if !slices.Equal(got, []string{"d/"}) || *root.open != 0 || most > c.limit {
			t.Errorf("foreign %v: the listing is %q, with at most %d folders open, want %d, and "+
				"%d left open", c.foreign, got, most, c.limit, *root.open)
		}
	}
}

// openDir counts the open folders below it, and their maximum.
type openDir struct {
	fsys.Dir
	open, most *int
}

func (d *openDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	*d.open++
	*d.most = max(*d.most, *d.open)
	return &openDir{sub, d.open, d.most}, nil
}

func (d *openDir) Close() error {
	*d.open--
	return d.Dir.Close()
}
