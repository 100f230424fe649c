//go:build unix && !linux

package fsys

func isRemoteFault(error) bool { return false }
