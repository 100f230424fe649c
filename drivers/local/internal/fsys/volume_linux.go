package fsys

// volumeOf recognizes the file systems of one machine by their magic numbers. Any other
// may be a network file system: FUSE and virtiofs share one number. 9p reports the
// server's number, but has no block device.
func volumeOf(magic uint32, hasDevice bool) Volume {
	switch magic {
	case 0xef53, // ext2, ext3, ext4
		0x58465342, // xfs
		0xf2f52010, // f2fs
		0x3153464a, // jfs
		0x52654973, // reiserfs
		0x3434,     // nilfs2
		0x4d44,     // vfat
		0x2011bab0, // exFAT
		0x7366746e, // ntfs3
		0x5346544e, // ntfs
		0x482b,     // HFS+
		0x73717368, // squashfs
		0xe0f5e1e2, // erofs
		0x9660:     // iso9660
		return Volume{Local: hasDevice}
	case 0x9123683e, // btrfs
		0x01021994, // tmpfs
		0x858458f6, // ramfs
		0x794c7630, // overlayfs
		0x2fc12fc1, // zfs
		0xca451a4e, // bcachefs
		0x24051905: // ubifs
		return Volume{Local: true}
	case 0xff534d42, 0xfe534d42, 0x517b: // cifs, smb2, smb
		return Volume{SMB: true}
	}
	return Volume{}
}
