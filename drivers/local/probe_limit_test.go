package local

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// TestNameLimitIsFound: the trial of a disk finds exactly how many bytes a name may have,
// and leaves no file.
func TestNameLimitIsFound(t *testing.T) {
	for _, limit := range []int{65, 66, 100, 143, 200, 253, 254, 255, 300} {
		root := probed(t, &oddFS{FS: fsys.OS(), limit: limit})
		h, err := (&prober{dir: root}).found()
		ok(t, err)
		if want := max(255-limit, 0); int(h.short) != want {
			t.Errorf("limit %d: names are %d bytes shorter, want %d", limit, h.short, want)
		}
		wantEmpty(t, root)
	}
}

// found finds the limit of names.
func (p *prober) found() (habits, error) {
	err := p.length()
	return p.h, err
}

func probed(t *testing.T, disk fsys.FS) fsys.Dir {
	t.Helper()
	root, err := disk.OpenRoot(memdir.New(t))
	ok(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

func wantEmpty(t *testing.T, d fsys.Dir) {
	t.Helper()
	left, err := list(d)
	if err != nil || len(left) > 0 {
		t.Errorf("the folder has %q, %v, want nothing", left, err)
	}
}

// unlisted is a folder that can't be listed while broken is set.
type unlisted struct {
	fsys.Dir
	broken bool
}

func (d *unlisted) OpenDir(path string) (fsys.Dir, error) {
	if d.broken {
		return nil, syscall.EMFILE
	}
	return d.Dir.OpenDir(path)
}

// TestUnlistedTrialLeavesNothing: a file of the trial is removed if the folder can't be
// listed afterwards.
func TestUnlistedTrialLeavesNothing(t *testing.T) {
	d := &unlisted{probed(t, fsys.OS()), true}
	if _, err := (&prober{dir: d}).keeps("name"); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("keeps: %v, want EMFILE", err)
	}
	d.broken = false
	wantEmpty(t, d)
}

// TestNamesWithAMark: an entry that begins with the mark of another spelling, but doesn't
// have the right digest, stands for itself.
func TestNamesWithAMark(t *testing.T) {
	right := spelledName("Photo.JPG")
	for _, disk := range []string{
		spelledMark, spelledMark + "x", right[:spelledExtra-1], right[:spelledExtra],
		strings.Replace(right, "Photo", "photo", 1), right[1:], "a" + right, "Photo.JPG", "",
	} {
		if got := nameOnDisk(disk); got != disk {
			t.Errorf("nameOnDisk(%q) = %q, want the entry itself", disk, got)
		}
	}
	if got := nameOnDisk(right); got != "Photo.JPG" {
		t.Errorf("nameOnDisk(%q) = %q, want Photo.JPG", right, got)
	}
}
