// Package mounts gives tests fresh file systems of many kinds, mounted for the test
// alone.
//
//	for _, kind := range mounts.Kinds {
//		t.Run(string(kind), func(t *testing.T) {
//			dir := mounts.New(t, kind, mounts.Size(64<<20))
//			...
//		})
//	}
//
// It needs Linux, root, /dev/loop*, /dev/fuse and the tools that Packages names. If one
// of them is missing, a test is skipped with a text that says what to install; with
// CI=true it fails.
package mounts

// Kind is a kind of file system.
type Kind string

// The kinds. Those of FUSE are served by a process, which ends with the mount.
const (
	Ext4      Kind = "ext4"
	Ext4Old   Kind = "ext4-128" // inodes of 128 bytes: times of one second
	XFS       Kind = "xfs"      // of at least 300 MiB
	Btrfs     Kind = "btrfs"    // of at least 110 MiB; it has no limit of inodes
	Tmpfs     Kind = "tmpfs"
	Overlay   Kind = "overlay"    // over two folders of an ext4
	ExfatFuse Kind = "exfat-fuse" // case-insensitive, no attributes, times of one second
	NTFS3G    Kind = "ntfs-3g"
	Bindfs    Kind = "bindfs"    // FUSE over an ext4
	Gocryptfs Kind = "gocryptfs" // FUSE over an ext4
	Mergerfs  Kind = "mergerfs"  // FUSE over two folders of an ext4
)

// Kinds are all kinds, those of the kernel first.
var Kinds = []Kind{
	Ext4,
	Ext4Old,
	XFS,
	Btrfs,
	Tmpfs,
	Overlay,
	ExfatFuse,
	NTFS3G,
	Bindfs,
	Gocryptfs,
	Mergerfs,
}

// Packages are the Debian packages that hold the tools of all kinds.
const Packages = "btrfs-progs xfsprogs exfat-fuse exfatprogs ntfs-3g bindfs gocryptfs" +
	" mergerfs fuse3 strace"

// Option changes a mount.
type Option func(*options)

type options struct {
	size   int64
	inodes int
	flags  []string
}

// Size sets the size in bytes: 320 MiB by default, of which the disk holds only what is
// written. For Overlay and for FUSE over an ext4 it is the size of that.
func Size(bytes int64) Option { return func(o *options) { o.size = bytes } }

// Inodes limits the number of inodes, of which the file system takes a few. Kinds with
// ext4 below and Tmpfs have the limit.
func Inodes(n int) Option { return func(o *options) { o.inodes = n } }

// Flags adds options of the mount, such as "noatime" or ntfs-3g's "windows_names".
func Flags(flags ...string) Option {
	return func(o *options) { o.flags = append(o.flags, flags...) }
}
