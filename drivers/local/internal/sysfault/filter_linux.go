//go:build amd64 || arm64

package sysfault

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	listenerFD = 3      // the pipe by which the child sends its listener: exec.Cmd.ExtraFiles[0]
	orderCall  = 0x5fff // not a system call: the number of the child's orders to the supervisor
)

// allowed lists the calls that the Go runtime makes at any time. They are always
// carried out.
var allowed = append([]uint32{
	unix.SYS_FUTEX, unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_MPROTECT,
	unix.SYS_BRK, unix.SYS_MINCORE, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP,
	unix.SYS_CLOCK_GETTIME, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETPID,
	unix.SYS_GETTID, unix.SYS_TGKILL, unix.SYS_KILL, unix.SYS_RT_SIGACTION,
	unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_CLONE,
	unix.SYS_CLONE3, unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_SET_ROBUST_LIST,
	unix.SYS_RSEQ, unix.SYS_PRCTL, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL,
	unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2, unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME,
	unix.SYS_TIMER_DELETE, unix.SYS_SETITIMER, unix.SYS_GETRANDOM, unix.SYS_RESTART_SYSCALL,
	unix.SYS_CLOSE_RANGE, unix.SYS_MEMBARRIER,
}, allowedHere...)

// program returns the filter: writes to the pipe and the runtime's calls are carried
// out, and the supervisor decides about the others.
func program() []unix.SockFilter {
	const ( // offsets in seccomp_data
		number = 0
		arg0   = 16 // its lower half, on the little-endian machines that the package supports
	)
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{
			Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
			Jt:   yes,
			Jf:   no,
			K:    k,
		}
	}
	answer := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	p := []unix.SockFilter{
		load(number),
		equal(unix.SYS_WRITE, 0, 3),
		load(arg0),
		equal(listenerFD, 0, 1),
		answer(unix.SECCOMP_RET_ALLOW),
		load(number),
	}
	for i, nr := range allowed {
		p = append(p, equal(nr, uint8(len(allowed)-i), 0))
	}
	return append(p, answer(unix.SECCOMP_RET_USER_NOTIF), answer(unix.SECCOMP_RET_ALLOW))
}

// Install puts this process under the supervision of the process that started it by
// Supervise.
func Install() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	time.Sleep(time.Millisecond) // let the runtime open its epoll descriptors
	p := program()
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	const killable = 1 << 5 // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, of Linux 5.19
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	install := func(flags uintptr) (uintptr, unix.Errno) {
		fd, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags,
			uintptr(unsafe.Pointer(&prog)))
		return fd, e
	}
	fd, e := install(flags | killable)
	if e == unix.EINVAL {
		fd, e = install(flags)
	}
	if e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	var text [8]byte
	binary.LittleEndian.PutUint64(text[:], uint64(fd))
	if _, err := unix.Write(listenerFD, text[:]); err != nil {
		return err
	}
	unix.Close(int(fd)) // the first call that the supervisor decides; it has the listener by now
	return ignoreRuntime()
}

// ignoreRuntime excludes the descriptors by which the Go runtime wakes its threads.
func ignoreRuntime() error {
	all, err := os.ReadDir("/proc/self/fd")
	for _, e := range all {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.HasPrefix(target, "anon_inode:") {
			var fd int
			fmt.Sscan(e.Name(), &fd)
			send(orderIgnore, fd, 0, 0)
		}
	}
	return err
}

// order is an order of the child to the supervisor.
type order int

const (
	orderArm order = iota + 1
	orderDisarm
	orderCount
	orderIgnore
	orderClosed
)

func send(o order, a, b, c int) int {
	n, _, e := unix.Syscall6(orderCall, uintptr(o), uintptr(a), uintptr(b), uintptr(c), 0, 0)
	if e != 0 {
		panic("sysfault: no supervisor: " + e.Error())
	}
	return int(n) - 1
}

// Arm makes the n-th system call with the number nr from now on, counted from 1, fail
// with errno. If always is set, every later one fails too. If errno is 0, none fails.
// All calls are counted.
func Arm(nr, n int, errno unix.Errno, always bool) {
	what := int(errno)
	if always {
		what |= 1 << 16
	}
	send(orderArm, nr, n, what)
}

// Disarm ends the failures, and returns how many calls failed. It closes the
// descriptors whose close failed, because a close that fails still releases the
// descriptor.
func Disarm() int {
	hits := send(orderDisarm, 0, 0, 0)
	for {
		fd := send(orderClosed, 0, 0, 0)
		if fd < 0 {
			return hits
		}
		unix.CloseRange(uint(fd), uint(fd), 0)
	}
}

// Counts returns how many calls of each number there were since Arm.
func Counts() map[int]int {
	counts := map[int]int{}
	for nr := range 512 {
		if n := send(orderCount, nr, 0, 0); n > 0 {
			counts[nr] = n
		}
	}
	return counts
}
