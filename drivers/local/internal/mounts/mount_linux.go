package mounts

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// New mounts a new file system of the kind until the test ends, and returns its folder,
// which is empty except for a lost+found. The test may use it from several processes,
// which must end before the test does.
func New(t testing.TB, kind Kind, opts ...Option) string {
	t.Helper()
	need(t, kind)
	o := options{size: 320 << 20}
	for _, f := range opts {
		f(&o)
	}
	dir := filepath.Join(t.TempDir(), string(kind))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	switch kind {
	case Ext4:
		image(t, dir, o, "mkfs.ext4 -q -F -E nodiscard"+ext4Inodes(o))
	case Ext4Old:
		image(t, dir, o, "mkfs.ext4 -q -F -E nodiscard -I 128"+ext4Inodes(o))
	case XFS:
		image(t, dir, noInodes(t, kind, o), "mkfs.xfs -q -f -K")
	case Btrfs:
		image(t, dir, noInodes(t, kind, o), "mkfs.btrfs -q -f -K")
	case Tmpfs:
		tmpfs(t, dir, o)
	case Overlay:
		overlay(t, dir, o)
	case ExfatFuse:
		device(t, dir, noInodes(t, kind, o), "mkfs.exfat", "mount.exfat-fuse")
	case NTFS3G:
		device(t, dir, noInodes(t, kind, o), "mkfs.ntfs -q -F -Q", "ntfs-3g")
	case Bindfs:
		lower := below(t, o, "source")
		fuse(t, dir, o, "bindfs", lower("source"))
	case Gocryptfs:
		gocryptfs(t, dir, o)
	case Mergerfs:
		lower := below(t, o, "one", "two")
		o.flags = append(o.flags, "minfreespace=0")
		fuse(t, dir, o, "mergerfs", lower("one")+":"+lower("two"))
	default:
		t.Fatalf("mounts: unknown kind %q", kind)
	}
	mounted(t, dir)
	return dir
}

// ReadOnly makes a folder of New read-only until Writable is called.
func ReadOnly(t testing.TB, dir string) { t.Helper(); run(t, "mount", "-o", "remount,ro", dir) }

// Writable undoes ReadOnly.
func Writable(t testing.TB, dir string) { t.Helper(); run(t, "mount", "-o", "remount,rw", dir) }

func ext4Inodes(o options) string {
	if o.inodes == 0 {
		return ""
	}
	return " -N " + strconv.Itoa(o.inodes)
}

func noInodes(t testing.TB, kind Kind, o options) options {
	t.Helper()
	if o.inodes != 0 {
		t.Fatalf("mounts: %s has no limit of inodes", kind)
	}
	return o
}

// image mounts a sparse file with a file system that the kernel serves.
func image(t testing.TB, dir string, o options, mkfs string) {
	t.Helper()
	file := sparse(t, dir, o)
	run(t, append(strings.Fields(mkfs), file)...)
	dev := loop(t, file)
	run(t, "mount", "-o", mountFlags(o), dev, dir)
	cleanup(t, dir)
	detach(t, dev)
}

// device mounts a sparse file with a file system that a FUSE program serves.
func device(t testing.TB, dir string, o options, mkfs, program string) {
	t.Helper()
	file := sparse(t, dir, o)
	dev := loop(t, file)
	run(t, append(strings.Fields(mkfs), dev)...)
	run(t, program, "-o", fuseFlags(o), dev, dir)
	cleanup(t, dir)
	detach(t, dev)
}

func tmpfs(t testing.TB, dir string, o options) {
	t.Helper()
	flags := fmt.Sprintf("size=%d", o.size)
	if o.inodes != 0 {
		flags += fmt.Sprintf(",nr_inodes=%d", o.inodes)
	}
	run(t, "mount", "-t", "tmpfs", "-o", strings.Join(append(o.flags, flags), ","), "tmpfs", dir)
	cleanup(t, dir)
}

func overlay(t testing.TB, dir string, o options) {
	t.Helper()
	in := below(t, o, "lower", "upper", "work")
	flags := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", in("lower"), in("upper"), in("work"))
	flags = strings.Join(append(o.flags, flags), ",")
	run(t, "mount", "-t", "overlay", "-o", flags, "overlay", dir)
	cleanup(t, dir)
}

func gocryptfs(t testing.TB, dir string, o options) {
	t.Helper()
	in := below(t, o, "cipher")
	password := filepath.Join(filepath.Dir(dir), "password")
	if err := os.WriteFile(password, []byte("test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "gocryptfs", "-q", "-init", "-scryptn", "10", "-passfile", password, in("cipher"))
	flags := append([]string{"gocryptfs", "-q", "-allow_other", "-passfile", password}, o.flags...)
	run(t, append(flags, in("cipher"), dir)...)
	cleanup(t, dir)
}

// fuse mounts a FUSE program over a folder.
func fuse(t testing.TB, dir string, o options, program, source string) {
	t.Helper()
	run(t, program, "-o", fuseFlags(o), source, dir)
	cleanup(t, dir)
}

// below mounts an ext4 with the folders, over which another file system is mounted, and
// returns a function that returns a folder's path.
func below(t testing.TB, o options, folders ...string) func(string) string {
	t.Helper()
	o.flags = nil
	root := filepath.Join(t.TempDir(), "below")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	image(t, root, o, "mkfs.ext4 -q -F -E nodiscard"+ext4Inodes(o))
	for _, name := range folders {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(root, name) }
}

func mountFlags(o options) string { return strings.Join(append(o.flags, "rw"), ",") }

func fuseFlags(o options) string { return strings.Join(append(o.flags, "allow_other"), ",") }

// sparse makes the file for the image beside the folder.
func sparse(t testing.TB, dir string, o options) string {
	t.Helper()
	name := dir + ".img"
	f, err := os.Create(name)
	if err == nil {
		err = f.Truncate(o.size)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// mounted fails the test if the folder is on the same file system as its parent.
func mounted(t testing.TB, dir string) {
	t.Helper()
	var in, out unix.Stat_t
	if err := unix.Stat(dir, &in); err != nil {
		t.Fatalf("mounts: %s: %v", dir, err)
	}
	if err := unix.Stat(filepath.Dir(dir), &out); err != nil || in.Dev == out.Dev {
		t.Fatalf("mounts: nothing was mounted on %s (%v)", dir, err)
	}
}
