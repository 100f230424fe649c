//go:build darwin

package local

// What names the system's usual file systems can hold.
const (
	windows  = false
	foldCase = true
	// tried: what the file system does is known, and not found by trying.
	tried = false
)
