package main

import "golang.org/x/sys/unix"

// hasXattr reports whether files in the folder may have extended attributes of users.
func hasXattr(dir string) bool {
	return unix.Setxattr(dir, "user.cloudfiles", []byte("x"), 0) == nil
}
