//go:build linux && !osroot

package fsys

import "golang.org/x/sys/unix"

const sysStatAt = unix.SYS_FSTATAT
