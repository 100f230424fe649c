//go:build !windows && !darwin

package local

// What names the system's usual file systems can hold.
const (
	windows  = false
	foldCase = false
	// tried: what the file system does is found by trying (habits.go).
	tried = true
)
