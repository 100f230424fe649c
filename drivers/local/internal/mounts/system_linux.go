package mounts

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"golang.org/x/sys/unix"
)

// commandTime is the longest that one command may take, on a machine that also does
// other work.
const commandTime = time.Minute

// tools lists the programs and devices that each kind needs.
var tools = map[Kind]string{
	Ext4:      "mkfs.ext4 losetup mount umount /dev/loop-control",
	Ext4Old:   "mkfs.ext4 losetup mount umount /dev/loop-control",
	XFS:       "mkfs.xfs losetup mount umount /dev/loop-control",
	Btrfs:     "mkfs.btrfs losetup mount umount /dev/loop-control",
	Tmpfs:     "mount umount",
	Overlay:   "mkfs.ext4 losetup mount umount /dev/loop-control",
	ExfatFuse: "mkfs.exfat mount.exfat-fuse losetup umount /dev/loop-control /dev/fuse",
	NTFS3G:    "mkfs.ntfs ntfs-3g losetup umount /dev/loop-control /dev/fuse",
	Bindfs:    "bindfs mkfs.ext4 losetup mount umount /dev/loop-control /dev/fuse",
	Gocryptfs: "gocryptfs fusermount3 mkfs.ext4 losetup mount umount /dev/loop-control /dev/fuse",
	Mergerfs:  "mergerfs mkfs.ext4 losetup mount umount /dev/loop-control /dev/fuse",
}

// Need skips the test, or fails it in CI, if it doesn't run as root or lacks a program
// or file.
func Need(t testing.TB, names ...string) {
	t.Helper()
	var lacks []string
	if os.Geteuid() != 0 {
		lacks = append(lacks, "root's permissions")
	}
	for _, name := range names {
		var err error
		if filepath.IsAbs(name) {
			_, err = os.Stat(name)
		} else {
			_, err = lookPath(name)
		}
		if err != nil {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return
	}
	text := fmt.Sprintf("this test lacks %s: run it as root, with /dev/loop* and /dev/fuse,"+
		" after apt-get install %s", strings.Join(lacks, ", "), Packages)
	if longtest.InCI() {
		t.Fatal(text)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), text)
	t.Skip(text)
}

func need(t testing.TB, kind Kind) {
	t.Helper()
	Need(t, strings.Fields(tools[kind])...)
}

// lookPath finds a program, also in the folders that only root's PATH has.
func lookPath(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// run runs a command, and fails the test if the command fails.
func run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := command(args...)
	if err != nil {
		t.Fatalf("mounts: %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// command runs a command. Its output goes to a file, because a FUSE program that
// continues in the background would keep a pipe open.
func command(args ...string) (string, error) {
	path, err := lookPath(args[0])
	if err != nil {
		return "", err
	}
	out, err := os.CreateTemp("", "mounts")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	c := exec.CommandContext(ctx, path, args[1:]...)
	c.Stdout, c.Stderr = out, out
	err = c.Run()
	text, _ := os.ReadFile(out.Name())
	return string(text), err
}

// loop attaches a file to a loop device. It tries again because another process may
// take the free device first, and makes the device's node because a container may lack
// it.
func loop(t testing.TB, file string) string {
	t.Helper()
	var out string
	var err error
	for end := time.Now().Add(commandTime); time.Now().Before(end); {
		var dev string
		if dev, err = command("losetup", "-f"); err != nil {
			out = dev
			continue
		}
		dev = strings.TrimSpace(dev)
		makeNode(dev)
		if out, err = command("losetup", dev, file); err == nil {
			return dev
		}
	}
	t.Fatalf("mounts: losetup: %v\n%s", err, out)
	return ""
}

// makeNode makes the node of a loop device if /dev lacks it.
func makeNode(dev string) {
	n, err := strconv.Atoi(strings.TrimPrefix(dev, "/dev/loop"))
	if err == nil {
		// the node usually exists
		unix.Mknod(dev, unix.S_IFBLK|0o660, int(unix.Mkdev(7, uint32(n))))
	}
}

// detach releases the device as soon as it is no longer mounted, even if this process
// is killed.
func detach(t testing.TB, dev string) { t.Helper(); run(t, "losetup", "-d", dev) }

// cleanup unmounts the folder at the test's end, lazily if something in it is still
// open after a while.
func cleanup(t testing.TB, dir string) {
	t.Cleanup(func() {
		var out string
		var err error
		for range 20 {
			if out, err = command("umount", dir); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond) // FUSE and killed processes may still use it
		}
		t.Logf("mounts: %s is still in use, and is unmounted when it no longer is: %s", dir, out)
		if out, err = command("umount", "-l", dir); err != nil {
			t.Errorf("mounts: umount -l %s: %v\n%s", dir, err, out)
		}
	})
}
