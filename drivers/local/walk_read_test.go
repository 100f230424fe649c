package local

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// scriptedDir is a folder whose readings are written down: each has the names of each
// call of ReadDir, with spaces between. The last one is repeated.
type scriptedDir struct {
	fsys.Dir
	kind     fsys.Kind
	readings [][]string
	times    []int64 // the folder's times after each reading; the last one is repeated
	err      error   // of each ReadDir
	at, call int
	ends     int // how often only the end is read again
}

func (d *scriptedDir) Kind() fsys.Kind { return d.kind }

func (d *scriptedDir) Stat() (fsys.Stat, error) {
	now := d.times[min(d.at, len(d.times)-1)]
	return fsys.Stat{ModTime: now, ChangeTime: now}, nil
}

func (d *scriptedDir) ReadDir(_ []byte, each func([]byte, fsys.Type)) (bool, error) {
	if d.err != nil {
		return false, d.err
	}
	calls := d.readings[min(d.at, len(d.readings)-1)]
	for _, name := range strings.Fields(calls[d.call]) {
		each([]byte(name), fsys.Regular)
	}
	d.call++
	return d.call < len(calls), nil
}

func (d *scriptedDir) Rewind(end bool) error {
	if d.call > 0 {
		d.at++
	}
	if d.call = 0; end {
		d.ends++
	}
	return nil
}

// A folder is read again as often as its file system needs, and counts as exactly known
// only if it was read once, and at a moment at which every later change will show (L4).
func TestFolderIsReadAsOftenAsNeeded(t *testing.T) {
	old := time.Now().Add(-time.Hour).UnixNano() | 1
	recent := time.Now().Add(time.Hour).UnixNano() | 1
	changing := make([]int64, 200)
	for i := range changing {
		changing[i] = old + int64(i)
	}
	one := [][]string{{"a b", ""}}
	several := [][]string{{"a", "b", ""}}
	shrinks := [][]string{{"a", "b", ""}, {"b", ""}}
	for _, c := range []struct {
		what     string
		kind     fsys.Kind
		readings [][]string
		times    []int64
		times0   int64 // before the first reading
		want     int   // readings
		exact    bool
		ends     int
	}{
		{"ext4, one call", fsys.Ext, one, changing[1:], old, 1, true, 0},
		{"tmpfs, one call", fsys.Tmpfs, one, changing[1:], old, 1, true, 0},
		{"tmpfs, one call just after a change", fsys.Tmpfs, one, changing[1:], recent, 1, false, 0},
		{"ext4, several calls", fsys.Ext, several, []int64{old}, old, 1, true, 0},
		{"tmpfs, several calls", fsys.Tmpfs, several, []int64{old}, old, 1, true, 0},
		{"XFS, several calls", fsys.XFS, several, []int64{old}, old, 1, true, 0},
		{"ZFS, several calls", fsys.ZFS, several, []int64{old}, old, 1, true, 0},
		{"FUSE, several calls", fsys.FUSE, several, []int64{old}, old, 2, false, 0},
		{"FAT, several calls", fsys.FAT, several, []int64{old}, old, 2, false, 0},
		{"NFS, several calls", fsys.NFS, several, []int64{old}, old, 2, false, 0},
		{"SMB, several calls", fsys.SMB, several, []int64{old}, old, 2, false, 0},
		{"XFS, one call", fsys.XFS, one, changing[1:], old, 1, true, 0},
		{"F2FS, one call", fsys.F2FS, one, changing[1:], old, 1, true, 0},
		{"btrfs, one call", fsys.Btrfs, one, []int64{old}, old, 1, true, 0},
		{"btrfs, a change", fsys.Btrfs, one, []int64{old + 1}, old, 2, false, 1},
		{"ext4, a change", fsys.Ext, several, []int64{old + 1}, old, 2, false, 0},
		{"ext4, fewer calls", fsys.Ext, shrinks, []int64{old + 1}, old, 2, false, 0},
		{"another, one call", fsys.OtherKind, one, []int64{old}, old, 1, true, 0},
		{"another, several calls", fsys.OtherKind, several, []int64{old}, old, 2, false, 0},
		{"another, just after a change", fsys.OtherKind, one, []int64{recent}, recent, maxRecent,
			false, 0},
		{"ext4, always changing", fsys.Ext, several, changing[1:], old, fewReadings, false, 0},
		{"XFS, always changing", fsys.XFS, several, changing[1:], old, fewReadings, false, 0},
		{"F2FS, always changing", fsys.F2FS, several, changing[1:], old, fewReadings, false, 0},
		{"tmpfs, always changing", fsys.Tmpfs, several, changing[1:], old, maxReadings, false, 0},
		{"another, always changing", fsys.OtherKind, one, changing[1:], old, maxReadings, false, 0},
		{"btrfs, always changing", fsys.Btrfs, one, changing[1:], old, maxTails, false,
			maxTails - 1},
	} {
		d := &scriptedDir{
			kind:     c.kind,
			readings: c.readings,
			times:    c.times,
		}
		var got []string
		agains := 0
		l := &walk{kind: unknownKind}
		exact, err := l.readAll(d, fsys.Stat{ModTime: c.times0, ChangeTime: c.times0}, nil, reading{
			each: func(name []byte, _ fsys.Type) bool {
				if !slices.Contains(got, string(name)) {
					got = append(got, string(name))
				}
				return true
			},
			again: func() { agains++ },
		})
		if err != nil || exact != c.exact || d.at+1 != c.want || d.ends != c.ends ||
			!slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("%s: readAll = %v, %v after %d readings, %d of the end, with %q, "+
				"want %v and nil after %d, %d, with a and b", c.what, exact, err, d.at+1, d.ends,
				got, c.exact, c.want, c.ends)
		}
		if want := min(c.want-1, 1); c.kind == fsys.Btrfs && agains != want ||
			c.kind != fsys.Btrfs && agains != c.want-1 {
			t.Errorf("%s: again is called %d times for %d readings", c.what, agains, c.want)
		}
	}
}

// A reading ends at the first entry that isn't wanted, and with the folder's error,
// unless the folder is gone.
func TestReadingEnds(t *testing.T) {
	st := fsys.Stat{ModTime: 1, ChangeTime: 1}
	for _, c := range []struct {
		err, want error
	}{
		{nil, nil},
		{syscall.EIO, syscall.EIO},
		{syscall.ENOENT, nil},
	} {
		d := &scriptedDir{
			kind:     fsys.OtherKind,
			readings: [][]string{{"a b", "c", ""}},
			times:    []int64{1},
			err:      c.err,
		}
		n := 0
		exact, err := (&walk{kind: unknownKind}).readAll(d, st, nil, reading{
			each: func([]byte, fsys.Type) bool { n++; return false },
		})
		want := 1
		if c.err != nil {
			want = 0
		}
		if exact || !errors.Is(err, c.want) || err != nil && c.want == nil || n != want ||
			d.at != 0 {
			t.Errorf("if ReadDir returns %v, readAll = %v, %v after %d entries and %d readings, "+
				"want false, %v after %d and 1", c.err, exact, err, n, d.at+1, c.want, want)
		}
	}
}
