//go:build unix && !linux && !darwin

package fsys

import "syscall"

// changeTime has a field of another name on each of these systems.
func changeTime(_ *syscall.Stat_t, mtime int64) int64 { return mtime }
