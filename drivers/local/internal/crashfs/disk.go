package crashfs

import (
	"maps"
	"slices"
)

// Disk plays a recording and knows what of it is on the disk if the power fails: of a
// file, what was at its last Sync; of a directory, the entries at its last Sync. What
// came later may be there or not (Image).
//
// As on file systems that keep a journal, a rename inside a directory is there or not,
// as a whole; one between two directories never loses the file: its removal from the
// one is not on the disk without its arrival in the other. Operations on one entry keep
// their order; and a directory's removal comes after those of what was in it.
type Disk struct {
	events []event
	pos    int
	dirs   map[int]bool
	files  map[int]*diskFile
	now    map[int]map[string]int // directories' entries on the disk
	parts  []*part                // changes of entries that are not on the disk yet, in order
}

// diskFile is a file on the disk and in memory.
type diskFile struct {
	synced *fileState // nil: never
	now    fileState
}

// part is the change of one entry; it is on the disk only with all that it needs.
type part struct {
	entry
	needs []*part
	with  *part // the other half of a rename in one directory
	done  bool
}

// Disk returns the disk at the beginning of what was recorded.
func (r *Recorder) Disk() *Disk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &Disk{
		events: slices.Clone(r.events),
		dirs:   maps.Clone(r.dirs),
		files:  map[int]*diskFile{},
		now:    map[int]map[string]int{},
	}
}

// Step plays one event; it returns the mark, if it is one, and false at the end.
func (d *Disk) Step() (mark any, ok bool) {
	if d.pos == len(d.events) {
		return nil, false
	}
	e := d.events[d.pos]
	d.pos++
	switch e.kind {
	case marked:
		return e.mark, true
	case entriesChanged:
		d.change(e.entries)
	case fileChanged:
		f := d.files[e.node]
		if f == nil {
			f = &diskFile{}
			d.files[e.node] = f
		}
		f.now = e.file
	case fileSynced:
		if f := d.files[e.node]; f != nil {
			s := f.now
			f.synced = &s
		}
	case dirSynced:
		for _, p := range d.parts {
			if p.dir == e.node {
				d.settle(p)
			}
		}
		d.parts = slices.DeleteFunc(d.parts, func(p *part) bool { return p.done })
	}
	return nil, true
}

// change adds one operation: the parts of a rename are the arrival and the removal,
// which needs the arrival.
func (d *Disk) change(entries []entry) {
	var first *part
	for _, e := range entries {
		p := &part{entry: e}
		for _, q := range d.parts {
			if q.dir == e.dir && q.name == e.name ||
				e.node == 0 && d.dirs[e.was] && q.dir == e.was {
				p.needs = append(p.needs, q)
			}
		}
		if first != nil {
			p.needs = append(p.needs, first)
			if first.dir == p.dir {
				first.with = p
			}
		}
		first = p
		d.parts = append(d.parts, p)
	}
}

// settle brings a part to the disk, after all that it needs.
func (d *Disk) settle(p *part) {
	if p.done {
		return
	}
	p.done = true
	for _, q := range p.needs {
		d.settle(q)
	}
	apply(d.now, p.entry)
	if p.with != nil {
		d.settle(p.with)
	}
}

func apply(dirs map[int]map[string]int, e entry) {
	if dirs[e.dir] == nil {
		dirs[e.dir] = map[string]int{}
	}
	if e.node == 0 {
		delete(dirs[e.dir], e.name)
	} else {
		dirs[e.dir][e.name] = e.node
	}
}
