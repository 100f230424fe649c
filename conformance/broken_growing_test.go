package conformance_test

import (
	"bytes"
	"fmt"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// grow appends to a file of the map in place.
func (m *mapBackend) grow(name string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	if f.holes != nil {
		f.holes = f.holes.and(f.info.Size, content)
		f.info.Size += int64(len(content))
	} else {
		f.content = append(bytes.Clone(f.content), content...)
		f.info.Size = int64(len(f.content))
	}
	f.info.Digest = files.Digest{} // of other content
	m.puts++
	f.info.Version = files.Version(fmt.Sprint("v", m.puts))
	m.files[name] = f
}

// onDisk reads the present content at each Read, like a file on a disk.
type onDisk struct {
	m    *mapBackend
	name string
	off  int64
	size int64 // when it was opened
	// strict fails if the file has grown.
	strict bool
}

func (l *onDisk) Read(p []byte) (int, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	content := l.m.files[l.name].content
	if l.strict && int64(len(content)) != l.size {
		return 0, driver.Errorf(files.ErrChanged, "the file has grown")
	}
	if l.off >= int64(len(content)) {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 64<<10)], content[l.off:])
	l.off += int64(n)
	return n, nil
}

func (l *onDisk) Close() error { return nil }

var brokenGrowing = []broken{
	{
		fault:  "takes a file that grows for a replaced one, even with Growing",
		caught: []string{"G4/appended"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			o.Body = &onDisk{
				m:      m,
				name:   req.Key.Name,
				off:    o.Offset,
				size:   o.Info.Size,
				strict: true,
			}
			return nil
		}),
	},
	{
		fault:  "checks a file that has grown against its old digest",
		caught: []string{"G4/appended"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if old, ok := m.before[req.Key.Name]; ok {
				o.Info.Digest = old.info.Digest
			} else if o.Info.Digest.IsZero() {
				h := driver.NewHasher(files.Digest{})
				o.Info.Digest = h.Sum()
			}
			return nil
		}),
	},
	{
		fault:  "reads a file with Growing from its beginning only",
		caught: []string{"G4/growing"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if req.Growing && o.Offset > 0 && o.Length > 0 {
				m.mu.Lock()
				defer m.mu.Unlock()
				o.Body = io.NopCloser(bytes.NewReader(m.files[req.Key.Name].content))
			}
			return nil
		}),
	},
}
