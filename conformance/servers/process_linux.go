package main

import "syscall"

// The kernel kills the servers when this process is killed.
func diesWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
