package fsys

import (
	"errors"
	"syscall"
)

// isRemoteIO reports whether err is NFS's error for a failure in its server.
func isRemoteIO(err error) bool { return errors.Is(err, syscall.EREMOTEIO) }
