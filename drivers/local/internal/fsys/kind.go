package fsys

// Kind is a kind of file system, as far as its folders behave differently. It is a
// hint: behind a network file system or FUSE there may be any other kind.
type Kind uint8

// The kinds. OtherKind is every kind that isn't known, and on systems other than Linux
// every kind.
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

// FineTimes reports whether every change of a folder gives it new times if its times
// were read before. On other kinds, and on tmpfs, two changes within a tick of the
// system's clock may give it the same times.
func (k Kind) FineTimes() bool {
	return fineClock() && (k == Ext || k == XFS || k == Btrfs)
}

// Exact reports whether names are distinguished byte by byte and any 255 bytes are a
// name, except in a folder that folds case (Folding).
func (k Kind) Exact() bool {
	return k == Ext || k == XFS || k == Btrfs || k == Tmpfs || k == F2FS || k == Overlay
}

// Folding reports whether a folder on an exact kind is marked as one that doesn't
// distinguish upper and lower case.
func Folding(d Dir) bool {
	f, ok := d.(interface{ Folding() bool })
	return ok && f.Folding()
}
