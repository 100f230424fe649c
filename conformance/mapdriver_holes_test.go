package conformance_test

import (
	"fmt"
	"io"
	"slices"

	"cloudfiles.dev/files"
)

// holes is a content of pieces with zeros between them, of any length.
type holes struct{ pieces []piece }

type piece struct {
	off  int64
	data []byte
}

// and returns the content with one piece more.
func (h *holes) and(off int64, data []byte) *holes {
	return &holes{append(slices.Clone(h.pieces), piece{off, data})}
}

func (h *holes) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for _, c := range h.pieces {
		from, to := max(off, c.off), min(off+int64(len(p)), c.off+int64(len(c.data)))
		if from < to {
			copy(p[from-off:to-off], c.data[from-c.off:])
		}
	}
	return len(p), nil
}

var _ io.ReaderAt = (*holes)(nil)

// extend makes a file of the map longer by a hole.
func (m *mapBackend) extend(name string, size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.holes = (&holes{}).and(0, f.content)
	f.info.Size, f.info.Digest = size, files.Digest{} // of other content
	m.puts++
	f.info.Version = files.Version(fmt.Sprint("v", m.puts))
	m.files[name] = f
}

// mapForeignKeys are raw keys that others have put into the map.
var mapForeignKeys = []string{"a//b", "d//", "dir/", "e/./x", "t\nab", "inv\xffalid"}

// plantContent puts an object of others under any key.
func (m *mapBackend) plantContent(key, content string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	info := files.Info{Entry: files.Entry{
		Name:    key,
		Size:    int64(len(content)),
		Version: files.Version(fmt.Sprint("v", m.puts)),
	}}
	m.files[key] = mapFile{info: info, content: []byte(content)}
	m.note(key)
}
