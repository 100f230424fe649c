package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// adopt makes this process the parent of every orphan below it, so that reap finds them.
func adopt() {
	const setChildSubreaper = 36
	syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
}

// reap ends the processes that a test left behind. One test program runs at a time, and
// it has ended: every child that there is was its own.
func reap() {
	for range 100 {
		left := children()
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
			syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// activity sums the processor time of a process group, and reports whether a thread of
// it runs, waits for a processor or waits for a disk.
func activity(group int) (used time.Duration, running bool) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		f := statFields(path)
		if len(f) < 15 || f[2] != strconv.Itoa(group) {
			continue
		}
		for _, ticks := range f[11:15] { // user, system, and those of its children that ended
			n, _ := strconv.Atoi(ticks)
			used += time.Duration(n) * time.Second / 100
		}
		threads, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "task", "*", "stat"))
		for _, t := range threads {
			if f := statFields(t); len(f) > 0 && (f[0] == "R" || f[0] == "D") {
				running = true
			}
		}
	}
	return used, running
}

// statFields reads the fields of /proc/…/stat that follow the name: state, parent,
// group and so on.
func statFields(path string) []string {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	s := string(b) // "pid (name) state …"; the name may hold anything
	return strings.Fields(s[strings.LastIndexByte(s, ')')+1:])
}

func children() []int {
	var pids []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	self := fmt.Sprint(os.Getpid())
	for _, path := range stats {
		if f := statFields(path); len(f) > 1 && f[1] == self {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func unmount(path string) { syscall.Unmount(path, syscall.MNT_FORCE|2) } // 2: MNT_DETACH

// limit bounds the memory and the files of a mutant that runs wild.
func limit() {
	set := func(what int, n uint64) { syscall.Setrlimit(what, &syscall.Rlimit{Cur: n, Max: n}) }
	set(syscall.RLIMIT_AS, 12<<30)
	set(syscall.RLIMIT_FSIZE, 6<<30)
}
