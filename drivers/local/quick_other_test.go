//go:build !linux

package local

import "testing"

// quickFolder returns a folder for the test.
func quickFolder(t *testing.T) string {
	t.Helper()
	return t.TempDir()
}
