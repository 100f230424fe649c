//go:build amd64 || arm64

package sysfault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notice is struct seccomp_notif.
type notice struct {
	ID    uint64
	PID   uint32
	Flags uint32
	NR    int32
	Arch  uint32
	IP    uint64
	Args  [6]uint64
}

// reply is struct seccomp_notif_resp.
type reply struct {
	ID    uint64
	Val   int64
	Error int32
	Flags uint32
}

// Supervise runs the command, whose process calls Install, until it ends.
func Supervise(c *exec.Cmd) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	c.ExtraFiles = []*os.File{w}
	// The runtime's signals would restart calls, which would then be counted twice. And
	// unless the number of processors is given, the runtime reads files at any time.
	c.Env = append(c.Environ(), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=4")
	err = c.Start()
	w.Close()
	if err != nil {
		return err
	}
	if err := listen(c.Process.Pid, r); err != nil {
		c.Process.Kill()
		return errors.Join(err, c.Wait())
	}
	return c.Wait()
}

// listen decides about the child's calls until the child ends.
func listen(pid int, r io.Reader) error {
	var text [8]byte
	if _, err := io.ReadFull(r, text[:]); err != nil {
		return nil // the child ended before
	}
	p, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open: %w", err)
	}
	defer unix.Close(p)
	fd, err := unix.PidfdGetfd(p, int(binary.LittleEndian.Uint64(text[:])), 0)
	if err != nil {
		return fmt.Errorf("pidfd_getfd: %w", err)
	}
	defer unix.Close(fd)
	const setFlags = 0x40082104 // SECCOMP_IOCTL_NOTIF_SET_FLAGS, of Linux 6.6
	unix.Syscall(unix.SYS_IOCTL, uintptr(fd), setFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	s := &supervisor{ignored: map[uint64]bool{0: true, 1: true, 2: true, listenerFD: true}}
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("poll: %w", err)
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents != 0 {
				return nil // the child has ended
			}
			continue
		}
		if err := s.answer(fd); err != nil {
			return err
		}
	}
}

// supervisor is the state that the child's orders have set.
type supervisor struct {
	ignored map[uint64]bool // descriptors

	armed  bool
	nr, n  int
	errno  int32
	always bool
	hits   int
	counts [512]int
	closed []int // descriptors whose close has failed
}

func (s *supervisor) answer(fd int) error {
	var in notice
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV,
		uintptr(unsafe.Pointer(&in)))
	switch e {
	case 0:
	case unix.ENOENT, unix.EINTR: // the child ended meanwhile
		return nil
	default:
		return fmt.Errorf("receiving a notice: %w", e)
	}
	out := reply{ID: in.ID}
	switch errno := s.decide(&in); {
	case in.NR == orderCall:
		out.Val = int64(s.carryOut(in.Args)) + 1
	case errno != 0:
		out.Error = -errno
	default:
		out.Flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	}
	_, _, e = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND,
		uintptr(unsafe.Pointer(&out)))
	if e != 0 && e != unix.ENOENT {
		return fmt.Errorf("answering a notice: %w", e)
	}
	return nil
}

// decide counts a call, and returns the error that it fails with, or 0.
func (s *supervisor) decide(in *notice) int32 {
	nr := int(in.NR)
	if !s.armed || nr < 0 || nr >= len(s.counts) || onDescriptor(nr) && s.ignored[in.Args[0]] {
		return 0
	}
	s.counts[nr]++
	if nr != s.nr || s.errno == 0 || s.counts[nr] != s.n && (!s.always || s.counts[nr] < s.n) {
		return 0
	}
	s.hits++
	if nr == unix.SYS_CLOSE {
		s.closed = append(s.closed, int(in.Args[0]))
	}
	return s.errno
}

// onDescriptor reports whether a call's first argument is a descriptor, which may be
// the runtime's.
func onDescriptor(nr int) bool {
	switch nr {
	case unix.SYS_READ, unix.SYS_WRITE, unix.SYS_FCNTL, unix.SYS_CLOSE:
		return true
	}
	return false
}

// carryOut carries out an order of the child, and returns its result.
func (s *supervisor) carryOut(args [6]uint64) int {
	switch a := int(args[1]); order(args[0]) {
	case orderArm:
		s.armed, s.nr, s.n, s.hits, s.counts = true, a, int(args[2]), 0, [512]int{}
		s.errno, s.always = int32(args[3]&0xffff), args[3]>>16 != 0
	case orderDisarm:
		s.armed = false
		return s.hits
	case orderCount:
		return s.counts[a]
	case orderIgnore:
		s.ignored[args[1]] = true
	case orderClosed:
		if n := len(s.closed); n > 0 {
			fd := s.closed[n-1]
			s.closed = s.closed[:n-1]
			return fd
		}
		return -1
	}
	return 0
}
