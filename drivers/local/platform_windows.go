//go:build windows

package local

// What names the system's usual file systems can hold.
const (
	windows  = true
	foldCase = true
)
