package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// A markWatch notes the operations on the format mark, in their order, and makes one
// kind of them fail.
type markWatch struct {
	fails crashfs.Kind // OpenRoot: none
	file  fsys.File
	did   []crashfs.Kind
}

func (m *markWatch) hook(op *crashfs.Op, do func() error) error {
	opens := (op.Kind == crashfs.OpenFile || op.Kind == crashfs.OpenLock) && op.Name == versionFile
	synced := len(m.did) > 0 && m.did[len(m.did)-1] == crashfs.SyncFile
	if !opens && (m.file == nil || op.File != m.file) && (op.Kind != crashfs.SyncDir || !synced) {
		return do()
	}
	if op.Kind != crashfs.StatFile {
		m.did = append(m.did, op.Kind)
	}
	if op.Kind == m.fails {
		return syscall.EIO
	}
	err := do()
	if opens {
		m.file = op.OpenedFile
	}
	return err
}

// The first write to a folder marks it with the format, durably unless NoSync is set. It
// replaces an older mark and leaves the same one alone. If it can't, the write fails, and
// a later one marks the folder (P3).
func TestFormatMark(t *testing.T) {
	const current = "2\n"
	for _, c := range []struct {
		mark string // "none": there is no file
		ops  []crashfs.Kind
	}{
		{"none", []crashfs.Kind{crashfs.OpenFile, crashfs.OpenLock, crashfs.Write,
			crashfs.SyncFile, crashfs.SyncDir}},
		{"1\n", []crashfs.Kind{crashfs.OpenFile, crashfs.ReadAt, crashfs.OpenLock,
			crashfs.Write, crashfs.SyncFile, crashfs.SyncDir}},
		{"", []crashfs.Kind{crashfs.OpenFile, crashfs.ReadAt, crashfs.OpenLock,
			crashfs.Write, crashfs.SyncFile, crashfs.SyncDir}},
		{current, []crashfs.Kind{crashfs.OpenFile, crashfs.ReadAt}},
	} {
		for _, opts := range []*Options{{}, {NoSync: true}} {
			want := c.ops
			if i := slices.Index(want, crashfs.SyncFile); opts.NoSync && i >= 0 {
				want = want[:i]
			}
			for i := range len(want) + 1 {
				m := &markWatch{fails: crashfs.OpenRoot}
				if i < len(want) {
					m.fails = want[i]
				}
				dir := memdir.New(t)
				at := filepath.Join(dir, controlDir, versionFile)
				if c.mark != "none" {
					write(t, dir, controlDir+"/"+versionFile, c.mark)
				}
				sys := crashfs.Wrap(fsys.OS(), m.hook)
				b, err := openOver(dir, opts, sys)
				ok(t, err)
				_, err = files.PutString(t.Context(), b, "a", "text", nil)
				did := want[:min(i+1, len(want))]
				if !slices.Equal(m.did, did) {
					t.Errorf("mark %q, NoSync %v: Put does %v, want %v", c.mark, opts.NoSync, m.did,
						did)
				}
				if i == len(want) && err != nil || i < len(want) &&
					(!errors.Is(err, syscall.EIO) || files.KindOf(err) == nil) {
					t.Errorf("mark %q, NoSync %v: Put = %v while operation %d fails", c.mark,
						opts.NoSync, err, i)
				}
				m.fails = crashfs.OpenRoot
				putIn(t, b, "a", "text", nil)
				if text, err := os.ReadFile(at); string(text) != current || err != nil {
					t.Errorf("mark %q: after operation %d failed, the mark is %q, %v, want %q",
						c.mark, i, text, err, current)
				}
				ok(t, b.Close())
				if n := sys.Open(); n != 0 {
					t.Errorf("mark %q: after operation %d failed, %d files are open, want 0",
						c.mark, i, n)
				}
			}
		}
	}
}
