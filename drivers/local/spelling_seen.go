package local

import (
	"maps"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// spellings are the names that a reading of a folder found. A listing looks up each
// entry, and must not read the folder again for each.
type spellings struct {
	names map[string]bool // by name: whether the entry is escaped
	dir   fsys.Stat       // the folder's Stat before the reading
	at    time.Time       // when the reading began
}

// fresh is how long a reading is used although its folder may change.
const fresh = time.Second

func (d *spelledDir) ReadDir(
	buf []byte, each func(name []byte, t fsys.Type),
) (more bool, err error) {
	if d.exact() {
		return d.Dir.ReadDir(buf, each)
	}
	if d.reading == nil {
		if d.reading, err = d.begin(); err != nil {
			return false, err
		}
	}
	r := d.reading
	more, err = d.Dir.ReadDir(buf, func(disk []byte, t fsys.Type) {
		name := r.add(string(disk))
		each([]byte(name), t)
	})
	if err == nil && !more {
		d.seen.Store(r)
		d.reading = nil
	}
	return more, err
}

// Rewind begins a new reading, or goes back a little. It keeps what was read.
func (d *spelledDir) Rewind(tail bool) error {
	if r := d.seen.Load(); r != nil && d.reading == nil {
		again := *r
		again.names = maps.Clone(r.names)
		d.reading = &again
	}
	return d.Dir.Rewind(tail)
}

func (d *spelledDir) begin() (*spellings, error) {
	st, err := d.Dir.Stat()
	return &spellings{names: map[string]bool{}, dir: st, at: time.Now()}, err
}

// add adds an entry and returns its name.
func (r *spellings) add(disk string) (name string) {
	name = nameOnDisk(disk)
	r.names[name] = r.names[name] || name != disk
	return name
}

func (d *spelledDir) forget() {
	d.seen.Store(nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.located = nil
}

// located is an entry for which the folder was read. It is kept because a call looks up
// a name several times.
type located struct {
	disk string
	st   fsys.Stat
	at   time.Time
}

// maxLocated is how many entries are kept.
const maxLocated = 32

func (d *spelledDir) locatedAt(name string, l located) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.located == nil || len(d.located) >= maxLocated {
		d.located = map[string]located{}
	}
	d.located[name] = l
}

// lately finds a name by the entry that it led to a moment ago. While that leads to the
// same unchanged file, no other spelling can have replaced it, except by a rename of
// that file.
func (d *spelledDir) lately(name string) (located, bool) {
	d.mu.Lock()
	l, ok := d.located[name]
	d.mu.Unlock()
	if !ok || time.Since(l.at) > fresh {
		return l, false
	}
	now, err := d.Dir.Lstat(l.disk)
	return l, err == nil && now.Ino != 0 && now == l.st
}

// remembered finds the entry of a name that this directory has listed.
func (d *spelledDir) remembered(name string) (disk string, st fsys.Stat, ok bool) {
	r := d.seen.Load()
	if r == nil {
		return "", st, false
	}
	if time.Since(r.at) > fresh {
		if r = d.again(); r == nil {
			return "", st, false
		}
	}
	escaped, ok := r.names[name]
	if !ok {
		return "", st, false
	}
	if disk = name; escaped {
		disk = spelledName(name)
	}
	st, err := d.Dir.Lstat(disk)
	return disk, st, err == nil
}

// again returns a reading that is fresh: the old one if the folder is unchanged, or a
// new one.
func (d *spelledDir) again() *spellings {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.seen.Load()
	if r == nil || time.Since(r.at) <= fresh {
		return r // another goroutine was faster
	}
	now, err := d.begin()
	if err != nil {
		return nil
	}
	if now.dir == r.dir && r.at.UnixNano()-r.dir.ModTime > coarsest {
		now.names = r.names
	} else if err := d.readAll(now); err != nil {
		return nil
	}
	d.seen.Store(now)
	return now
}

func (d *spelledDir) readAll(r *spellings) error {
	e, err := d.Dir.OpenDir("")
	if err != nil {
		return err
	}
	defer e.Close()
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	for more := true; more && err == nil; {
		more, err = e.ReadDir(*buf, func(disk []byte, _ fsys.Type) { r.add(string(disk)) })
	}
	return err
}
