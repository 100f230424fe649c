package local

import (
	"path/filepath"
	"runtime"

	"cloudfiles.dev/files/driver"
)

// stateDir is the folder in the control folder in which programs note how far they are
// with uploads.
const stateDir = "states" + sidecarExt

var _ driver.StateKeeper = (*backend)(nil)

// StateDir implements driver.StateKeeper. It fails if another user made the folder.
func (b *backend) StateDir() (string, error) {
	defer runtime.KeepAlive(b)
	if err := b.alive(); err != nil {
		return "", err
	}
	control, err := b.control()
	if err != nil {
		return "", mapError(err)
	}
	defer control.Close()
	if err := control.Mkdir(stateDir, 0o700); err != nil && !isExist(err) {
		return "", mapError(err)
	}
	return filepath.Join(b.path, controlDir, stateDir), nil
}
