package fsys

import (
	"errors"
	"syscall"
)

// isRemoteFault reports whether err is what NFS makes of a fault in its server.
func isRemoteFault(err error) bool { return errors.Is(err, syscall.EREMOTEIO) }
