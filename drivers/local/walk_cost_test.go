package local

import (
	"fmt"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// countingDir counts the open folders below it, the calls of Lstat, and the files that
// were opened.
type countingDir struct {
	fsys.Dir
	open           *int
	lstats, opened *int
}

func (d *countingDir) Lstat(name string) (fsys.Stat, error) {
	*d.lstats++
	return d.Dir.Lstat(name)
}

func (d *countingDir) OpenFile(path string) (fsys.File, fsys.Stat, error) {
	*d.opened++
	return d.Dir.OpenFile(path)
}

func (d *countingDir) OpenSeen(path string) (fsys.File, fsys.Stat, error) {
	*d.opened++
	return d.Dir.OpenSeen(path)
}

func counting(d fsys.Dir) *countingDir { return &countingDir{d, new(int), new(int), new(int)} }

// A file costs one Lstat, or none if names suffice, and a sidecar is opened once.
func TestWalkCost(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		write(t, dir, fmt.Sprintf("d/%02d", i), "")
		if i < 20 {
			write(t, dir, fmt.Sprintf("d/%02d.attrs", i), sidecarHead+`:""}`)
		}
	}
	for _, c := range []struct {
		req                     driver.ListRequest
		entries, lstats, opened int
	}{
		{driver.ListRequest{}, 50, 50, 20},
		{driver.ListRequest{NamesOnly: true}, 50, 0, 20},
		{driver.ListRequest{StartAfter: "d/39", NamesOnly: true}, 10, 0, 0},
		{driver.ListRequest{StartAfter: "d/39"}, 10, 10, 0},
		{driver.ListRequest{StartAfter: "d0"}, 0, 0, 0},
		{driver.ListRequest{Prefix: "d/3"}, 10, 10, 0},
		{driver.ListRequest{Limit: 3}, 3, 3, 2},
	} {
		root := counting(openRoot(t, dir))
		got := collect(t, testWalker(linuxRules), root, c.req)
		if len(got) != c.entries || *root.lstats != c.lstats || *root.opened != c.opened {
			t.Errorf("%+v: %d entries, %d calls of Lstat, %d opened; want %d, %d, %d", c.req,
				len(got),
				*root.lstats, *root.opened, c.entries, c.lstats, c.opened)
		}
	}
}

func (d *countingDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	*d.open++
	return &countingDir{sub, d.open, d.lstats, d.opened}, nil
}

func (d *countingDir) Close() error {
	*d.open--
	return d.Dir.Close()
}
