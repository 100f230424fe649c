package local

import (
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// The text of a version is the same with every release, since applications store it: the
// numbers are hexadecimal, and the first two are fileblob's ETag.
func TestTextOfVersions(t *testing.T) {
	st := fsys.Stat{ModTime: 0x17, Size: 0x1000, Ino: 0x2ab, ChangeTime: 0x31}
	before := fsys.Stat{ModTime: -0x17, ChangeTime: -0x31}
	for _, c := range []struct{ got, want string }{
		{string(putVersion(&st, "")), "17-1000"},
		{string(putVersion(&st, "0f")), "17-1000-0f"},
		{string(putVersion(&before, "")), "-17-0"},
		{string(foreignVersion(&st)), "17-1000-2ab-31"},
		{string(foreignVersion(&before)), "-17-0-0--31"},
	} {
		if c.got != c.want {
			t.Errorf("the version is %q, want %q", c.got, c.want)
		}
	}
}

// The times of Puts are the same with every release: with others, files that an earlier
// release put would lose their versions and digests.
func TestTimesOfPutsStayTheSame(t *testing.T) {
	for _, c := range []struct {
		st              fsys.Stat
		unit            int64
		proving, marked int64
	}{
		{fsys.Stat{Ino: 1, Birth: 1}, 1, 156572, 122900},
		{
			fsys.Stat{Ino: 12, Birth: 1700000000123456789},
			17000000000000,
			1700000000000021620,
			1700000000000078200,
		},
		{
			fsys.Stat{Ino: 1 << 63, Birth: -5},
			18000000000001,
			1800000000000191715,
			1800000000000188600,
		},
	} {
		proving, marked := provingTime(&c.st, c.unit), markedTime(&c.st, c.unit)
		if proving != c.proving || marked != c.marked {
			t.Errorf("the times of %+v in unit %d are %d and %d, want %d and %d", c.st, c.unit,
				proving, marked, c.proving, c.marked)
		}
	}
}
