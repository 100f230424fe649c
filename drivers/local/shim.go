package local

import "cloudfiles.dev/drivers/local/internal/fsys"

const sidecarHead = `{"user.cache_control"`
const ownPrefix = ".cloudfiles"

// isSidecar reports whether the x.attrs in the folder is a sidecar and no file; a missing one is.
func isSidecar(d fsys.Dir, name string) (bool, error) {
	f, _, err := d.OpenFile(name)
	if err != nil {
		return missing(err), ignoreMissing(err)
	}
	defer f.Close()
	return headIsSidecar(f), nil
}

func ignoreMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}
