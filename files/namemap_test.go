package files_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestEmptyNameMap: the functions that a NameMap lacks change no name and hide none.
func TestEmptyNameMap(t *testing.T) {
	b := files.Wrap(mem.New(nil), files.Hooks{Names: &files.NameMap{}})
	for _, name := range []string{"a", "dir/b"} {
		if _, err := files.PutString(ctx, b, name, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"", "dir"} {
		n := 0
		for e, err := range b.List(ctx, dir, nil) {
			if n++; err != nil || e.Name == "" {
				t.Errorf("List(%q) has %+v, %v", dir, e, err)
			}
		}
		if want := map[string]int{"": 2, "dir": 1}[dir]; n != want {
			t.Errorf("List(%q) has %d files, want %d", dir, n, want)
		}
	}
	if info, err := b.Stat(ctx, "dir/b", nil); err != nil || info.Name != "dir/b" {
		t.Errorf("Stat = %q, %v, want dir/b", info.Name, err)
	}
}
