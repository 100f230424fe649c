package local

import (
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// smallBuffers are enough to find a first file.
var smallBuffers = sync.Pool{New: func() any { b := make([]byte, 8<<10); return &b }}

// holdsFile reports whether there is a file anywhere below the folder: an empty one is no directory (L6). It reads no
// more than it must. room is how many bytes names in it may have; parts are those of the chain that the folder is in.
func (l *walk) holdsFile(parent fsys.Dir, path string, parts []string, room int) (found bool, err error) {
	for n, changed := 0, true; changed && !found && err == nil && n < maxReadings; n++ {
		s := &search{walk: l, parts: parts, room: room}
		changed, err = s.run(parent, path)
		found = s.found
	}
	return found, err
}

// search looks for a file in one folder, and in those in it as they turn up.
type search struct {
	*walk
	dir   fsys.Dir
	parts []string
	room  int
	subs  []subfolder
	found bool
	err   error
}

type subfolder struct {
	disk, text string
	chain      bool
}

func (s *search) run(parent fsys.Dir, path string) (changed bool, err error) {
	if s.ctx.Err() != nil || s.room <= 0 || len(s.parts) > maxChain {
		return false, s.ctx.Err()
	}
	if s.dir, err = parent.OpenDir(path); err != nil {
		return false, gone(err)
	}
	defer s.dir.Close()
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	changed, err = readAll(s.dir, *buf, s.entry, s.below)
	if s.err != nil {
		err = s.err
	}
	return changed, err
}

// entry looks at one entry; false ends the search.
func (s *search) entry(name []byte, t fsys.Type) bool {
	disk := string(name)
	if t == fsys.Unknown {
		st, err := s.dir.Lstat(disk)
		t, s.err = st.Type, gone(err)
	}
	text, k, p := s.rules.classify(disk, t, s.parts)
	switch {
	case s.err != nil:
	case k == aFolder || k == aChain:
		s.subs = append(s.subs, subfolder{disk, text, k == aChain})
	case k == aFile && len(text) <= s.room:
		sidecar := false
		if p == asIs {
			var err error
			sidecar, err = isSidecar(s.dir, disk)
			s.err = gone(err)
			sidecar = sidecar || err != nil
		}
		s.found = !sidecar
	}
	return !s.found && s.err == nil
}

// below searches the folders that were met.
func (s *search) below() bool {
	for _, sub := range s.subs {
		if sub.chain {
			s.found, s.err = s.holdsFile(s.dir, sub.disk, append(s.parts[:len(s.parts):len(s.parts)], sub.text), s.room)
		} else {
			s.found, s.err = s.holdsFile(s.dir, sub.disk, nil, s.room-len(sub.text)-1)
		}
		if s.found || s.err != nil {
			return false
		}
	}
	s.subs = s.subs[:0]
	return true
}
