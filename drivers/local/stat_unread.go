package local

import (
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// statUnread returns what is known of a file that the user may not open: its size, time
// and version as List returns them, and the content type of its name. ok is false if
// there is no such file.
func (b *backend) statUnread(key driver.Key) (info files.Info, ok bool) {
	p, err := b.pathsOf(key)
	if err != nil {
		return info, false
	}
	d, err := b.openDir(&p)
	if err != nil {
		return info, false
	}
	defer b.closeDir(d)
	for i := range p.alts {
		st, err := d.Lstat(p.at(i))
		if missing(err) || err == nil && st.Type != fsys.Regular {
			continue
		}
		if err != nil || p.unlessSidecar(i) {
			return info, false
		}
		info.Entry = entry(st, "")
		if info.Version, err = listedVersion(b.versionOf, d, p.at(i), st); err != nil {
			return info, false
		}
		if info.ContentType, ok = driver.TypeByName(p.name); !ok {
			info.ContentType = "application/octet-stream"
		}
		return info, true
	}
	return info, false
}
