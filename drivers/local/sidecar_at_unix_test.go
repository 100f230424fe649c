//go:build unix

package local

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// refusingFile is a folder in which the Lstat or the opening of every file fails.
type refusingFile struct {
	fsys.Dir
	lstat, open error
}

func (d *refusingFile) Lstat(path string) (fsys.Stat, error) {
	if d.lstat != nil {
		return fsys.Stat{}, d.lstat
	}
	return d.Dir.Lstat(path)
}

func (d *refusingFile) OpenSeen(path string) (fsys.File, fsys.Stat, error) {
	if d.open != nil {
		return nil, fsys.Stat{}, d.open
	}
	return d.Dir.OpenSeen(path)
}

// What has the name of a sidecar is a sidecar only if it is a file, whose content looks
// like one unless the file is in a chain, where only sidecars have such names. A link or
// a folder of that name stays when the file is deleted. An error isn't a missing sidecar.
func TestWhatIsASidecar(t *testing.T) {
	const plainBase, chainBase = "a", endMark + "a"
	file := func(content string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(content), 0o666) }
	}
	files := map[string]func(path string) error{
		"nothing":   func(string) error { return nil },
		"a folder":  func(path string) error { return os.Mkdir(path, 0o777) },
		"a link":    func(path string) error { return os.Symlink("b", path) },
		"a text":    file("text"),
		"a sidecar": file(sidecarHead),
	}
	for _, c := range []struct {
		what         string
		fault        error
		plain, chain sidecarKind
	}{
		{what: "nothing"},
		{what: "a folder"},
		{what: "a link"},
		{what: "a text", plain: otherFile, chain: realSidecar},
		{what: "a sidecar", plain: realSidecar, chain: realSidecar},
		{what: "a sidecar", fault: syscall.EACCES, plain: realSidecar},
		{what: "a sidecar", fault: syscall.EIO},
		{what: "a sidecar", fault: syscall.ENOENT},
	} {
		dir := memdir.New(t)
		d := &refusingFile{openRoot(t, dir), c.fault, c.fault}
		for base, want := range map[string]sidecarKind{plainBase: c.plain, chainBase: c.chain} {
			ok(t, files[c.what](filepath.Join(dir, base+sidecarExt)))
			got, err := new(backend).sidecarAt(d, &filePaths{base: base})
			fails := c.fault == syscall.EIO || c.fault == syscall.EACCES && base == chainBase
			if fails != (err != nil) || fails && !errors.Is(err, c.fault) {
				t.Errorf("sidecarAt with %s at %s and the error %v = %v, want an error: %v", c.what,
					base, c.fault, err, fails)
			}
			if err == nil && got != want {
				t.Errorf("sidecarAt with %s at %s and the error %v = %v, want %v", c.what, base,
					c.fault, got, want)
			}
		}
	}
}
