package local

import (
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// listedFolder is a folder whose attributes are a test's.
type listedFolder struct {
	fsys.Dir
	n   int
	err error
}

func (d *listedFolder) Attribute(name, attr string, _ []byte) (int, error) {
	if name != "" || attr != defaultList {
		return 0, fsys.ErrNoXattr
	}
	return d.n, d.err
}

// A folder gives new files an access list if it has one for them that isn't empty: FUSE
// file systems may report every attribute as an empty one.
func TestFolderWithAnAccessList(t *testing.T) {
	for _, c := range []struct {
		d    listedFolder
		want bool
	}{
		{listedFolder{n: 28}, true},
		{listedFolder{n: 1}, true},
		{listedFolder{}, false},
		{listedFolder{err: fsys.ErrNoXattr}, false},
	} {
		if got := hasList(&c.d); got != c.want {
			t.Errorf("a list of %d bytes, %v, counts: %v, want %v", c.d.n, c.d.err, got, c.want)
		}
	}
}
