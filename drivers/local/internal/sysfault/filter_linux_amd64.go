package sysfault

import "golang.org/x/sys/unix"

// allowedHere are what only this kind of machine has.
var allowedHere = []uint32{unix.SYS_ARCH_PRCTL, unix.SYS_EPOLL_WAIT}
