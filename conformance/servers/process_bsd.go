//go:build unix && !linux

package main

import "syscall"

// diesWithParent does nothing here. Servers outlive this process if it is killed, but not
// a test that is killed.
func diesWithParent(*syscall.SysProcAttr) {}
