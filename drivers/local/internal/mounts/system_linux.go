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

	"golang.org/x/sys/unix"
)

// commandTime is the most that one command may take, on a machine that does other work
// beside.
const commandTime = time.Minute

// tools are the programs of each kind, and what else it takes.
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
		lacks = append(lacks, "root's rights")
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
	if inCI() {
		t.Fatal(text)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), text)
	t.Skip(text)
}

func need(t testing.TB, kind Kind) {
	t.Helper()
	Need(t, strings.Fields(tools[kind])...)
}

// inCI reports whether what is missing is a failure.
func inCI() bool {
	ci := os.Getenv("CI")
	yes, err := strconv.ParseBool(ci)
	return ci != "" && (yes || err != nil)
}

// lookPath finds a program also where a user's PATH lacks the folders of root's.
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

// run runs a command, whose failure is the test's.
func run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := command(args...)
	if err != nil {
		t.Fatalf("mounts: %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// command runs a command. Its output goes through a file: a FUSE program that goes on
// in the background would hold a pipe open.
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

// loop attaches a file to a loop device. Other processes may take the device that was
// free a moment ago, and a container may lack its node.
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

// makeNode makes the node of a loop device that the kernel has and /dev lacks.
func makeNode(dev string) {
	n, err := strconv.Atoi(strings.TrimPrefix(dev, "/dev/loop"))
	if err == nil {
		// there already, as a rule
		unix.Mknod(dev, unix.S_IFBLK|0o660, int(unix.Mkdev(7, uint32(n))))
	}
}

// detach gives the device back as soon as nothing is mounted of it, even if this
// process is killed.
func detach(t testing.TB, dev string) { t.Helper(); run(t, "losetup", "-d", dev) }

// cleanup unmounts the folder at the test's end: lazily where something in it is still
// open after a while.
func cleanup(t testing.TB, dir string) {
	t.Cleanup(func() {
		var out string
		var err error
		for range 20 {
			if out, err = command("umount", dir); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond) // what FUSE and killed processes still hold
		}
		t.Logf("mounts: %s is still in use, and is unmounted when it no longer is: %s", dir, out)
		if out, err = command("umount", "-l", dir); err != nil {
			t.Errorf("mounts: umount -l %s: %v\n%s", dir, err, out)
		}
	})
}
