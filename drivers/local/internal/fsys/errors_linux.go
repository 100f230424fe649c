package fsys

import (
	"errors"
	"syscall"
)

// isRemoteFault reports whether err is NFS's error for a failure in its server.
func isRemoteFault(err error) bool { return errors.Is(err, syscall.EREMOTEIO) }
