package local

import (
	"strings"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// smallBuffers has buffers that suffice to find a first file.
var smallBuffers = sync.Pool{New: func() any { b := make([]byte, 8<<10); return &b }}

// holdsFile reports whether there is a file anywhere below the folder whose name is in
// l.path; an empty folder isn't a directory (L6). It reads no more than it must. room
// is how many bytes names in it may have.
func (l *walk) holdsFile(parent fsys.Dir, path string, room int) (found bool, err error) {
	t := &target{walk: l}
	s := &search{target: t, room: room, depth: 1}
	if found, err = s.run(parent, path); found || err != nil {
		return found, err
	}
	if t.err != nil { // a folder that can't be read may contain a file
		return false, l.add(t.err, strings.TrimSuffix(string(l.path)+t.name, "/"), folderUnreadable)
	}
	return false, nil
}

// target is the state that the searches in all folders below one folder share.
type target struct {
	*walk
	err  error // the first folder that can't be read
	name string
}

// search searches for a file in one folder and in the folders in it: when they are
// found or, if it is deep, after the folder is read and closed.
type search struct {
	*target
	up    *search
	text  string // the folder's name with a slash at its end; "" in a chain
	depth int
	// dir is the open folder or, if path isn't "", a folder from which path leads to it.
	dir   fsys.Dir
	path  string
	parts []string // of the chain that the folder is in
	room  int
	subs  []subdir
	found bool
	fatal error
}

type subdir struct {
	disk, text string
	chain      bool
}

func (s *search) run(from fsys.Dir, path string) (found bool, err error) {
	if s.ctx.Err() != nil || s.room <= 0 || len(s.parts) > maxChain {
		return false, s.ctx.Err()
	}
	d, err := openPath(from, path)
	if err != nil {
		return false, s.unreadable(err)
	}
	pause := s.below
	if s.dir, s.path = d, ""; s.depth > maxSearchLevels {
		s.dir, s.path, pause = from, path, nil
	}
	err = s.read(d, pause)
	d.Close()
	if s.fatal == nil && !s.found {
		s.fatal = s.unreadable(err)
	}
	if pause == nil && s.fatal == nil && !s.found {
		s.below()
	}
	return s.found, s.fatal
}

func (s *search) read(d fsys.Dir, pause func() bool) error {
	st, err := d.Stat()
	if err != nil {
		return err
	}
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	_, err = s.readAll(d, st, *buf, reading{
		each:  func(name []byte, t fsys.Type) bool { return s.entry(d, name, t) },
		pause: pause,
	})
	return err
}

// unreadable keeps the error of the folder, and returns an error that ends the listing.
func (s *search) unreadable(err error) error {
	var u unread
	if err = u.add(err, "", ""); err == nil && u.first != nil && s.err == nil {
		s.err = u.first.Err
		for at := s; at != nil; at = at.up {
			s.name = at.text + s.name
		}
	}
	return err
}

// entry checks one entry; false ends the search.
func (s *search) entry(d fsys.Dir, name []byte, t fsys.Type) bool {
	disk := string(name)
	if s.unknown(disk) {
		s.fatal = errEscaped
		return false
	}
	if t == fsys.Unknown {
		st, err := d.Lstat(disk)
		t, s.fatal = st.Type, s.unreadable(err)
	}
	text, k, p := s.rules.classify(disk, t, s.parts)
	switch {
	case s.fatal != nil:
	case k == aFolder || k == aChain:
		s.subs = append(s.subs, subdir{disk, text, k == aChain})
	case k == aFile && len(text) <= s.room:
		sidecar := false
		if p == asIs {
			var err error
			sidecar, err = isSidecar(d, disk)
			s.fatal = s.unreadable(err)
			sidecar = sidecar || err != nil
		}
		s.found = !sidecar
	}
	return !s.found && s.fatal == nil
}

// below searches the folders that were found.
func (s *search) below() bool {
	for _, sub := range s.subs {
		in := &search{
			target: s.target,
			up:     s,
			depth:  s.depth + 1,
			room:   s.room,
		}
		if sub.chain {
			in.parts = append(s.parts[:len(s.parts):len(s.parts)], sub.text)
		} else {
			in.text, in.room = sub.text+"/", s.room-len(sub.text)-1
		}
		path := sub.disk
		if s.path != "" {
			path = s.path + "/" + path
		}
		if s.found, s.fatal = in.run(s.dir, path); s.found || s.fatal != nil {
			return false
		}
	}
	s.subs = s.subs[:0]
	return true
}
