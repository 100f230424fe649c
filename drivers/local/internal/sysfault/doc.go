// Package sysfault makes system calls of a test's process fail, on Linux: the n-th one
// of a number, in whatever thread and of whatever package, answers an error and isn't
// done. Only tests import it.
//
// The process that is broken is a child. It calls [Install], which puts a seccomp
// filter around it that asks another process about every system call but those of the
// Go runtime, and then [Arm] and [Disarm] around what it tests. The parent is that
// other process: [Supervise] starts the child and answers.
//
// It needs no root's rights and no tool; Linux 5.9 or newer.
package sysfault
