//go:build unix && !linux

package fsys

func isRemoteIO(error) bool { return false }
