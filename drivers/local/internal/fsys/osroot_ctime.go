//go:build unix && !linux && !darwin

package fsys

import "syscall"

// changeTime returns the time of modification, because the field has another name on
// each of these systems.
func changeTime(_ *syscall.Stat_t, mtime int64) int64 { return mtime }
