//go:build windows

package local

// The names that the system's usual file systems can hold.
const (
	windows  = true
	foldCase = true
	// tried is false: the file system's habits are known, not tried out.
	tried = false
)
