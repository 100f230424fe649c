// Package mounts mounts new file systems of many kinds for tests, each for one test.
//
//	for _, kind := range mounts.Kinds {
//		t.Run(string(kind), func(t *testing.T) {
//			dir := mounts.New(t, kind, mounts.Size(64<<20))
//			...
//		})
//	}
//
// It needs Linux, root, /dev/loop*, /dev/fuse and the tools that Packages names. If one
// of them is missing, the test is skipped with a text that says what to install. With
// CI=true it fails.
package mounts

// Kind is a kind of file system.
type Kind string

// The kinds. A FUSE file system is served by a process, which ends with the mount.
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

// Kinds lists all kinds, the kernel's file systems first.
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

// Packages lists the Debian packages with the tools for all kinds.
const Packages = "btrfs-progs xfsprogs exfat-fuse exfatprogs ntfs-3g bindfs gocryptfs" +
	" mergerfs fuse3 strace"

// Option changes a mount.
type Option func(*options)

type options struct {
	size   int64
	inodes int
	flags  []string
}

// Size sets the size in bytes. The default is 320 MiB; only what is written takes room
// on the disk. For Overlay and for FUSE over an ext4 it is the size of the ext4.
func Size(bytes int64) Option { return func(o *options) { o.size = bytes } }

// Inodes limits the number of inodes, of which the file system uses a few itself. Tmpfs
// and the kinds that are, or lie over, an ext4 have the limit.
func Inodes(n int) Option { return func(o *options) { o.inodes = n } }

// Flags adds mount options, such as "noatime" or ntfs-3g's "windows_names".
func Flags(flags ...string) Option {
	return func(o *options) { o.flags = append(o.flags, flags...) }
}
