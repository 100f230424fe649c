//go:build linux && !osroot

package fsys

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// kinds maps the number that statfs returns to the kind.
var kinds = map[uint32]Kind{
	0xef53:     Ext,
	0x58465342: XFS,
	0x9123683e: Btrfs,
	0x01021994: Tmpfs,
	0xf2f52010: F2FS,
	0x2fc12fc1: ZFS,
	0x794c7630: Overlay,
	0x4d44:     FAT,
	0x2011bab0: FAT,
	0x65735546: FUSE,
	0x6969:     NFS,
	0x517b:     SMB,
	0xff534d42: SMB,
	0xfe534d42: SMB,
}

// Kind calls statfs.
func (d *dir) Kind() Kind { return kindOf(d.fd) }

func kindOf(fd int) Kind {
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil {
		return OtherKind
	}
	return kinds[uint32(st.Type)]
}

// fineClock reports whether the kernel, as since 6.13, gives a changed file a new time
// if its last time was read.
var fineClock = sync.OnceValue(func() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var major, minor int
	n, _ := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return n == 2 && (major > 6 || major == 6 && minor >= 13)
})

// Folding reads the flag of ext4, f2fs and tmpfs.
func (d *dir) Folding() bool {
	const casefold = 0x40000000 // FS_CASEFOLD_FL
	flags, err := unix.IoctlGetInt(d.fd, unix.FS_IOC_GETFLAGS)
	return err == nil && flags&casefold != 0
}
