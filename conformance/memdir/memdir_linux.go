package memdir

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// tmpfsMagic is the type of a tmpfs in statfs(2).
const tmpfsMagic = 0x01021994

// inMemory makes a folder below base, if that is a tmpfs with attributes and so much room.
func inMemory(t T, base string, free int64) (dir string, ok bool) {
	t.Helper()
	if !hasRoom(base, free) {
		return "", false
	}
	p, err := hold(base)
	if err != nil {
		return "", false
	}
	dir, err = os.MkdirTemp(p.dir, "")
	// Linux has had user attributes on tmpfs since 6.6. Without them the local driver
	// would write sidecars, which is not what the tests are about.
	if err == nil {
		err = syscall.Setxattr(dir, "user.cloudfiles-test", []byte("1"), 0)
	}
	if err == nil {
		err = syscall.Removexattr(dir, "user.cloudfiles-test")
	}
	if err != nil {
		p.release()
		return "", false
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the folder in memory: %v", err)
		}
		p.release()
	})
	return dir, true
}

// hasRoom reports whether the folder is on a tmpfs in which so many bytes are free, and
// the machine has as much memory for them.
func hasRoom(base string, free int64) bool {
	var st syscall.Statfs_t
	if err := syscall.Statfs(base, &st); err != nil {
		return false
	}
	return st.Type == tmpfsMagic && int64(st.Bavail)*int64(st.Bsize) >= free &&
		availableMemory() >= free
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

// A parent has the folders of this process. Its lock is held as long as it is there, so
// that other processes know which ones were left behind.
type parent struct {
	dir   string
	lock  *os.File
	users int
}

var (
	mu      sync.Mutex
	parents = map[string]*parent{} // by base
)

const (
	prefix   = "cloudfiles-test-"
	lockName = "lock"
)

// hold returns the process's parent below base, which the caller releases.
func hold(base string) (*parent, error) {
	mu.Lock()
	defer mu.Unlock()
	p := parents[base]
	if p == nil {
		removeAbandoned(base)
		var err error
		if p, err = newParent(base); err != nil {
			return nil, err
		}
		parents[base] = p
	}
	p.users++
	return p, nil
}

// release removes the parent when its last user has released it.
func (p *parent) release() {
	mu.Lock()
	defer mu.Unlock()
	if p.users--; p.users > 0 {
		return
	}
	delete(parents, filepath.Dir(p.dir))
	os.RemoveAll(p.dir)
	p.lock.Close()
}

// newParent makes a locked folder.
func newParent(base string) (*parent, error) {
	dir, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, lockName)
	lock, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	// Another process may have removed the folder as abandoned before it was locked. That is
	// rare enough to use the disk then.
	if !locked(lock) {
		err = syscall.EWOULDBLOCK
	} else {
		_, err = os.Lstat(name)
	}
	if err != nil {
		lock.Close()
		os.RemoveAll(dir)
		return nil, err
	}
	return &parent{dir: dir, lock: lock}, nil
}

// removeAbandoned removes the parents whose processes have ended.
func removeAbandoned(base string) {
	old, err := filepath.Glob(filepath.Join(base, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range old {
		// Another user's folder can't be opened.
		lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if locked(lock) {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

// locked locks the file, unless another process has locked it.
func locked(f *os.File) bool {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err == nil
		}
	}
}
