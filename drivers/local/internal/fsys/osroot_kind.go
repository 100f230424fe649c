//go:build !linux || osroot

package fsys

func fineClock() bool { return false }
