package main

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// shm is where Linux has a file system in memory that every user may write to.
const shm = "/dev/shm"

// hasRoom reports whether the folder is in memory, and so many bytes are free, both in its
// file system and in the machine.
func hasRoom(dir string, bytes int64) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Type == unix.TMPFS_MAGIC &&
		int64(st.Bavail)*st.Bsize >= bytes && availableMemory() >= bytes
}

// availableMemory returns how many bytes the kernel can give to programs.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kB int64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kB); n == 1 {
			return kB << 10
		}
	}
	return 0
}
