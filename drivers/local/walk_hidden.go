package local

import (
	"path/filepath"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// File systems put their own files into folders. Two kinds of them are never listed.
//
// One is the placeholder of a file that is removed while it is open: the clients of
// FUSE, NFS, SMB and AFS rename the file. An element that looks exactly like a
// placeholder is escaped, on every file system, since folders move from one to another.
// So such a file on disk never has a name. It is foreign if the file system has no
// placeholders.
//
// The other is lost+found in the root of some file systems, where a check of the file
// system puts files without a name.

// placeholders lists the prefixes and the numbers of hexadecimal digits that follow.
var placeholders = [...]struct {
	prefix string
	digits int
}{
	{".fuse_hidden", 16},
	{".nfs", 24},
	{".smb", 16},
	{".__smb", 4},
	{".__afs", 4},
}

// mayBePlaceholder is a quick check of an element that begins with a dot.
func mayBePlaceholder[T string | []byte](e T) bool {
	return len(e) > 8 && (e[1] == 'f' || e[1] == 'n' || e[1] == 's' || e[1] == '_')
}

// placeholder reports whether a name on disk has exactly the form of a placeholder.
func placeholder(disk string) bool {
	for _, p := range &placeholders {
		digits, ok := strings.CutPrefix(disk, p.prefix)
		if ok && len(digits) == p.digits && strings.Trim(digits, "0123456789abcdefABCDEF") == "" {
			return true
		}
	}
	return false
}

// keepsPlaceholders reports whether a file system of the kind may have placeholders.
func keepsPlaceholders(k fsys.Kind) bool {
	return k == fsys.FUSE || k == fsys.NFS || k == fsys.SMB || k == fsys.OtherKind
}

const lostFolder = "lost+found"

// isMountRoot reports whether the folder is the root of a file system.
func isMountRoot(sys fsys.FS, path string, root fsys.Dir, st fsys.Stat) bool {
	if root.Kind() == fsys.Ext {
		return st.Ino == 2
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	up, err := sys.StatRoot(filepath.Dir(path))
	return err == nil && up.Dev != st.Dev
}

// isLost reports whether the root has a lost+found of the file system, which mkfs and
// fsck make with mode 0700.
func isLost(root fsys.Dir) bool {
	st, err := root.Lstat(lostFolder)
	return err == nil && st.Type == fsys.Directory && st.Perm == 0o700
}

// lostAndFound reports whether an entry, which is a folder, is the file system's
// lost+found.
func (l *walk) lostAndFound(d fsys.Dir, name []byte) bool {
	return l.mountRoot && len(l.path) == 0 && string(name) == lostFolder && isLost(d)
}

// checkLost refuses names in the file system's lost+found.
func (b *backend) checkLost(name string) error {
	if b.mountRoot && strings.HasPrefix(name, lostFolder+"/") && isLost(b.root) {
		return driver.Errorf(files.ErrPermission, "the folder %s belongs to the file system",
			lostFolder)
	}
	return nil
}
