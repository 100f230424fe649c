// Package sysfault makes system calls of a test's process fail, on Linux: the n-th call
// with a given number, in any thread and any package, returns an error and isn't
// carried out. Only tests import it.
//
// The process whose calls fail is a child. It calls [Install], which installs a seccomp
// filter that passes every system call, except those of the Go runtime, to the parent
// for a decision. Then it calls [Arm] and [Disarm] around what it tests. The parent
// calls [Supervise], which starts the child and decides.
//
// It needs Linux 5.9 or newer, but neither root nor a tool.
package sysfault
