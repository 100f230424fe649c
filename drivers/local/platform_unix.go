//go:build !windows && !darwin

package local

// The names that the system's usual file systems can hold.
const (
	windows  = false
	foldCase = false
	// tried is true: the file system's habits are tried out (habits.go).
	tried = true
)
