//go:build !linux || (!amd64 && !arm64)

package memdir

func spread(string) bool { return false }

func spreads(string) bool { return false }
