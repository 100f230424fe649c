package fsys

// Kind is a kind of file system, as far as its folders behave differently. It is a
// hint: a file system of another machine, or one by way of FUSE, may hide any other
// behind it.
type Kind uint8

// Kinds. OtherKind is everything that isn't known, on systems other than Linux all.
const (
	OtherKind Kind = iota
	Ext            // ext2, ext3 and ext4
	XFS
	Btrfs
	Tmpfs
	F2FS
	ZFS
	Overlay
	FAT // vfat and exFAT
	FUSE
	NFS
	SMB
)

// FineTimes reports whether every change of a folder, behind a look at its times, gives
// it other times. Elsewhere, and on tmpfs, two changes within a tick of the system's
// clock may leave the same.
func (k Kind) FineTimes() bool {
	return fineClock() && (k == Ext || k == XFS || k == Btrfs)
}

// Exact reports whether names are distinguished byte by byte, and any 255 bytes are one,
// unless the folder is one that folds (Folding).
func (k Kind) Exact() bool {
	return k == Ext || k == XFS || k == Btrfs || k == Tmpfs || k == F2FS || k == Overlay
}

// Folding reports whether a folder of a kind that is exact is marked as one where
// letters of different case are the same.
func Folding(d Dir) bool {
	f, ok := d.(interface{ Folding() bool })
	return ok && f.Folding()
}
