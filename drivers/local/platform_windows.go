//go:build windows

package local

// What names the system's usual file systems can hold.
const (
	windows  = true
	foldCase = true
	// tried: what the file system does is known, and not found by trying.
	tried = false
)
