package mapdriver

import "bytes"

// Damage changes a stored byte without the driver.
func (m *Backend) Damage(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.content = bytes.Clone(f.content) // open bodies keep the old content
	f.content[len(f.content)/2] ^= 1
	m.files[name] = f
}

// Staged returns the number of uploads in progress.
func (m *Backend) Staged() int { return int(m.staged.Load()) }
