package mapdriver

import "bytes"

// Damage changes a stored byte behind the driver's back.
func (m *Backend) Damage(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.content = bytes.Clone(f.content) // a body that is open keeps its own
	f.content[len(f.content)/2] ^= 1
	m.files[name] = f
}

// Staged counts the uploads that are under way.
func (m *Backend) Staged() int { return int(m.staged.Load()) }
