package main

import (
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
// it runs, waits for a processor or waits for a disk. The others are looked at only if
// the leader rests.
func activity(group int) (used time.Duration, running bool) {
	used, running = activityOf("/proc/" + strconv.Itoa(group))
	if running {
		return used, true
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		f := statFields(path)
		if len(f) > 2 && f[2] == strconv.Itoa(group) && f[1] != strconv.Itoa(os.Getpid()) {
			u, r := activityOf(filepath.Dir(path))
			used, running = used+u, running || r
		}
	}
	return used, running
}

func activityOf(proc string) (used time.Duration, running bool) {
	f := statFields(proc + "/stat")
	if len(f) < 15 {
		return 0, false
	}
	for _, ticks := range f[11:15] { // user, system, and those of its children that ended
		n, _ := strconv.Atoi(ticks)
		used += time.Duration(n) * time.Second / 100
	}
	threads, _ := filepath.Glob(proc + "/task/*/stat")
	for _, t := range threads {
		if f := statFields(t); len(f) > 0 && (f[0] == "R" || f[0] == "D") {
			return used, true
		}
	}
	return used, false
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

// children are those of each thread, as the kernel lists them.
func children() []int {
	var pids []int
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, path := range lists {
		b, _ := os.ReadFile(path)
		for _, f := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(f); err == nil {
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
