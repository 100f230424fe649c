//go:build unix && !linux

package main

import "syscall"

// A killed parent leaves its servers behind here; a killed test doesn't.
func diesWithParent(*syscall.SysProcAttr) {}
