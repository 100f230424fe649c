package main

import "syscall"

// diesWithParent makes the kernel kill the servers when this process is killed.
func diesWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
