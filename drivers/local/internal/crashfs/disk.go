package crashfs

import (
	"maps"
	"slices"
)

// Disk plays a recording and keeps track of what is on the disk if the power fails:
// each file as of its last Sync, and each directory's entries as of its last Sync.
// Later changes may be on the disk or not (Image).
//
// As on file systems with a journal, a rename inside a directory is atomic, and a
// rename between two directories never loses the file: its removal from the one is on
// the disk only with its arrival in the other. Operations on one entry keep their
// order, and a directory's removal follows the removal of what was in it.
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
	synced *fileState // nil if it was never synced
	now    fileState
}

// part is the change of one entry. It is on the disk only together with all parts that
// it needs.
type part struct {
	entry
	needs []*part
	with  *part // the other half of a rename in one directory
	done  bool
}

// Disk returns the disk at the beginning of the recording.
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

// Step plays one event. It returns the mark if the event is one, and false at the end.
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

// change adds one operation. The parts of a rename are the arrival and the removal,
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

// settle writes a part to the disk, after all parts that it needs.
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
