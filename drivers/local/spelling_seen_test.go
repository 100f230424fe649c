package local

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// watchedDir counts the readings of a folder. Its Stat and its opening may fail, and its
// times may stand still.
type watchedDir struct {
	fsys.Dir
	reads      *int
	stat, open error
	still      bool
	times      fsys.Stat
}

func (d *watchedDir) Stat() (fsys.Stat, error) {
	st, err := d.Dir.Stat()
	if d.still {
		st.ModTime, st.ChangeTime = d.times.ModTime, d.times.ChangeTime
	}
	if d.stat != nil {
		return fsys.Stat{}, d.stat
	}
	return st, err
}

func (d *watchedDir) OpenDir(path string) (fsys.Dir, error) {
	if d.open != nil {
		return nil, d.open
	}
	*d.reads++
	return d.Dir.OpenDir(path)
}

// recent is the age of what stays fresh although the machine stands still.
const recent = -time.Hour

// steppedDir is a folder whose readings and Stat are given.
type steppedDir struct {
	fsys.Dir
	calls  [][]string // the names of each call of ReadDir
	err    error      // of the call after them
	rewind error
	stat   error
	open   int
}

func (d *steppedDir) ReadDir(_ []byte, each func([]byte, fsys.Type)) (bool, error) {
	if len(d.calls) == 0 {
		return false, d.err
	}
	for _, name := range d.calls[0] {
		each([]byte(name), fsys.Regular)
	}
	d.calls = d.calls[1:]
	return len(d.calls) > 0 || d.err != nil, nil
}

func (d *steppedDir) Rewind(bool) error               { return d.rewind }
func (d *steppedDir) Stat() (fsys.Stat, error)        { return fsys.Stat{}, d.stat }
func (d *steppedDir) Lstat(string) (fsys.Stat, error) { return fsys.Stat{Ino: 1}, nil }
func (d *steppedDir) Close() error                    { d.open--; return nil }

func (d *steppedDir) OpenDir(string) (fsys.Dir, error) {
	d.open++
	return d, nil
}

// A reading in several steps is remembered when it has come to its end, and with what an
// earlier one found if it went back only a little. One that fails isn't remembered: it may
// lack the entry that takes precedence.
func TestSpellingsOfAReading(t *testing.T) {
	escaped := spelledName("a")
	below := &steppedDir{calls: [][]string{{"a", "b"}, {escaped}, {"c"}}}
	sp := &spelling{}
	sp.on.Store(true)
	d := sp.dir(below, false)
	read := func(wantMore bool, want error) {
		t.Helper()
		more, err := d.ReadDir(nil, func([]byte, fsys.Type) {})
		if more != wantMore || err != want {
			t.Errorf("ReadDir = %v, %v, want %v, %v", more, err, wantMore, want)
		}
	}
	remembered := func(name, want string) {
		t.Helper()
		disk, _, ok := d.remembered(name)
		if ok != (want != "") || ok && disk != want {
			t.Errorf("%s is remembered as %q, %v, want %q", name, disk, ok, want)
		}
	}
	ok(t, d.Rewind(false))
	read(true, nil)
	remembered("a", "")
	ok(t, d.Rewind(true))
	read(true, nil)
	remembered("a", "")
	read(false, nil)
	remembered("a", escaped)
	remembered("b", "b")

	below.calls = [][]string{{"new", "a"}, nil}
	ok(t, d.Rewind(true))
	read(true, nil)
	remembered("new", "")
	read(false, nil)
	remembered("new", "new")
	remembered("a", escaped)
	remembered("b", "b")

	below.rewind = syscall.EIO
	if err := d.Rewind(false); err != syscall.EIO {
		t.Errorf("Rewind = %v, want EIO", err)
	}
	for _, torn := range []bool{false, true} { // read again after its time
		d = sp.dir(below, false)
		below.calls, below.err = [][]string{{"a"}, {escaped}}, nil
		read(true, nil)
		read(false, nil)
		r := d.seen.Load()
		r.at, r.dir.Ino = r.at.Add(-2*fresh), 7 // the folder was another one
		below.calls = [][]string{{"a"}, {escaped}}
		if torn {
			below.calls, below.err = [][]string{{"a"}}, syscall.EIO
			remembered("a", "")
		} else {
			remembered("a", escaped)
		}
		if below.open != 0 {
			t.Errorf("%d folders are left open", below.open)
		}
	}
	d = sp.dir(below, false)
	below.calls, below.err = [][]string{{"a"}}, syscall.EIO
	read(true, nil)
	read(false, syscall.EIO)
	remembered("a", "")
	d = sp.dir(below, false)
	below.stat = syscall.ENOTCONN
	read(false, syscall.ENOTCONN)

	exact := (&spelling{}).dir(&steppedDir{calls: [][]string{{escaped}}}, false)
	_, err := exact.ReadDir(nil, func(name []byte, _ fsys.Type) {
		if string(name) != escaped {
			t.Errorf("where names are exact, ReadDir has %q, want %q", name, escaped)
		}
	})
	ok(t, err)
}

// readSpelled reads a folder to its end and returns its names in order.
func readSpelled(t *testing.T, d fsys.Dir) (names []string) {
	t.Helper()
	buf := make([]byte, 8<<10)
	for more := true; more; {
		var err error
		more, err = d.ReadDir(buf, func(name []byte, _ fsys.Type) {
			names = append(names, string(name))
		})
		ok(t, err)
	}
	slices.Sort(names)
	return names
}

// Where names have several spellings, a folder that was listed knows how each is spelled,
// for a second. Then it is read again if it was changed, or may have been changed in the
// step of the clock in which it was read.
func TestSpellingsAfterAListing(t *testing.T) {
	escaped := spelledName("photo")
	for _, c := range []struct {
		what   string
		age    time.Duration // of the reading
		change bool          // Photo is renamed to PHOTO after it
		still  int64         // nanoseconds from the times of the folder to the reading, or 0
		stat   error
		open   error
		reads  int // of the folder, or more if the machine stands still
	}{
		{what: "at once", age: recent},
		{what: "later", age: 2 * fresh, still: 100 * coarsest},
		{what: "later, of a young folder", age: 2 * fresh, still: coarsest / 2, reads: 1},
		{what: "changed later", age: 2 * fresh, change: true, reads: 1},
		{
			what:   "changed in the same step",
			age:    2 * fresh,
			change: true,
			still:  coarsest / 2,
			reads:  1,
		},
		{what: "later, without a Stat", age: 2 * fresh, stat: syscall.EIO},
		{what: "later, unreadable", age: 2 * fresh, change: true, open: syscall.EIO},
	} {
		dir := memdir.New(t)
		write(t, dir, "Photo", "raw")
		write(t, dir, escaped, "escaped")
		write(t, dir, "other", "")
		sys := &oddFS{FS: fsys.OS(), folds: true}
		root, err := sys.OpenRoot(dir)
		ok(t, err)
		reads := 0
		below := &watchedDir{Dir: root, reads: &reads}
		sp := &spelling{}
		sp.on.Store(true)
		d := sp.dir(below, false)
		want := []string{"Photo", "other", "photo"}
		if got := readSpelled(t, d); !slices.Equal(got, want) {
			t.Errorf("%s: the folder has %q, want %q", c.what, got, want)
		}
		r := d.seen.Load()
		if c.still != 0 {
			below.still = true
			below.times.ModTime = time.Now().Add(-c.age).UnixNano() - c.still
			r.dir.ModTime, r.dir.ChangeTime = below.times.ModTime, below.times.ChangeTime
		}
		r.at = r.at.Add(-c.age)
		raw, gone := "Photo", "PHOTO"
		if c.change {
			ok(t, os.Rename(filepath.Join(dir, raw), filepath.Join(dir, gone)))
			raw, gone = gone, raw
		}
		below.stat, below.open = c.stat, c.open
		for name, disk := range map[string]string{raw: raw, "photo": escaped, "other": "other"} {
			got, st, ok := d.remembered(name)
			if failed := c.stat != nil || c.open != nil; failed != !ok || ok && got != disk {
				t.Errorf("%s: %s is remembered as %q, %v, want %q", c.what, name, got, ok, disk)
			}
			if ok && st.Type != fsys.Regular {
				t.Errorf("%s: the Stat of %s is %+v, want that of a file", c.what, name, st)
			}
		}
		if got, _, ok := d.remembered(gone); ok {
			t.Errorf("%s: %s is remembered as %q, want no such name", c.what, gone, got)
		}
		if reads < c.reads || c.reads == 0 && reads > 0 {
			t.Errorf("%s: the folder is read %d times again, want %d", c.what, reads, c.reads)
		}
		ok(t, os.Remove(filepath.Join(dir, escaped)))
		if got, _, ok := d.remembered("photo"); ok {
			t.Errorf("%s: photo is remembered as %q after it was removed", c.what, got)
		}
		d.forget()
		if got, _, ok := d.remembered(raw); ok {
			t.Errorf("%s: %s is remembered as %q, but was forgotten", c.what, raw, got)
		}
		ok(t, root.Close())
	}
}

// An entry for which the folder was read is used again for a second, as long as it is the
// same unchanged file.
func TestSpellingsAfterALookup(t *testing.T) {
	for what, c := range map[string]struct {
		age    time.Duration
		change func(path string) error
		want   bool
	}{
		"at once": {recent, func(string) error { return nil }, true},
		"later":   {2 * fresh, func(string) error { return nil }, false},
		"removed": {recent, os.Remove, false},
		"written": {recent, func(path string) error {
			return os.WriteFile(path, []byte("new"), 0o666)
		}, false},
		"replaced": {recent, func(path string) error {
			return os.Rename(path+"-other", path)
		}, false},
	} {
		dir := memdir.New(t)
		write(t, dir, "a", "")
		write(t, dir, "a-other", "")
		d := (&spelling{}).dir(openRoot(t, dir), false)
		if _, _, seat, err := d.locate("a"); seat != foundSeat || err != nil {
			t.Errorf("%s: locate = %v, %v, want a file", what, seat, err)
		}
		l := d.located["a"]
		l.at = l.at.Add(-c.age)
		d.located["a"] = l
		ok(t, c.change(filepath.Join(dir, "a")))
		if got, is := d.lately("a"); is != c.want || is && got.disk != "a" {
			t.Errorf("%s: lately = %+v, %v, want %v", what, got, is, c.want)
		}
		if d.forget(); c.want {
			if _, is := d.lately("a"); is {
				t.Errorf("%s: a was lately there, but was forgotten", what)
			}
		}
		if _, is := d.lately("b"); is {
			t.Errorf("%s: b was never looked up, but was lately there", what)
		}
	}
}
