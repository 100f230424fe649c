package local

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The habits of a disk are never concluded from an operation that failed for another
// reason, such as a lack of descriptors: the note about the disk, which only grows, is
// the same wherever the first Put in a folder failed once.
func TestProbeFaults(t *testing.T) {
	faults := map[syscall.Errno][]crashfs.Kind{
		syscall.EMFILE: {crashfs.OpenDir, crashfs.Create, crashfs.OpenFile},
		syscall.EIO:    {crashfs.ReadDir},
		syscall.ENOMEM: {crashfs.OpenDir, crashfs.Create, crashfs.Lstat, crashfs.ReadDir},
		syscall.EACCES: {crashfs.Create},
	}
	for _, name := range []string{"FAT", "short"} {
		disk := oddDisks()[name]
		t.Run(name, func(t *testing.T) {
			if name == "short" {
				longtest.Only(t, "every fault on a second disk")
			}
			want, _ := noteBehind(t, disk(), 0, nil, nil)
			for errno, kinds := range faults {
				for n := 1; ; n++ {
					note, hit := noteBehind(t, disk(), n, errno, kinds)
					if !hit {
						break
					}
					if note != want {
						t.Errorf("%v at operation %d: the note is %q, want %q", errno, n, note,
							want)
					}
				}
			}
		})
	}
}

// noteBehind opens a folder and puts a file while the n-th operation of the kinds
// fails, does it again without a failure, and returns the note about the disk.
func noteBehind(
	t *testing.T, disk fsys.FS, n int, fault error, of []crashfs.Kind,
) (note string, hit bool) {
	dir := memdir.New(t)
	write(t, dir, "Photo.JPG", "x")
	var faulter crashfs.Faulter
	if n > 0 {
		faulter.FailAt(n, fault, of...)
	}
	b, err := open(dir, &Options{NoSync: true}, crashfs.Wrap(disk, faulter.Hook))
	if err == nil {
		files.PutString(t.Context(), driver.New(b), "a", "x", nil)
		b.Close()
	}
	count, _ := faulter.Count()
	again := openOdd(t, disk, dir)
	_, err = files.PutString(t.Context(), again, "a", "x", nil)
	ok(t, err)
	text, err := os.ReadFile(filepath.Join(dir, controlDir, diskFile))
	ok(t, err)
	return string(text), count >= n && n > 0
}

// The habits are not concluded from a file of the trial that another program removed
// either.
func TestProbeFilesRemoved(t *testing.T) {
	for _, name := range []string{"FAT", "short"} {
		disk := oddDisks()[name]
		t.Run(name, func(t *testing.T) {
			if name == "short" {
				longtest.Only(t, "every fault on a second disk")
			}
			want, _ := noteBehind(t, disk(), 0, nil, nil)
			for n := 1; ; n++ {
				dir, made := memdir.New(t), 0
				b, err := open(dir, noSync, crashfs.Wrap(disk(),
					func(op *crashfs.Op, do func() error) error {
						err := do()
						if op.Kind == crashfs.Create && err == nil {
							if made++; made == n {
								op.Dir.Unlink(op.Name)
							}
						}
						return err
					}))
				ok(t, err)
				bucket := driver.New(b)
				_, err = files.PutString(t.Context(), bucket, "a", "x", nil)
				ok(t, bucket.Close())
				if made < n {
					break
				}
				if err != nil {
					continue // there is no note, or an older one
				}
				text, err := os.ReadFile(filepath.Join(dir, controlDir, diskFile))
				ok(t, err)
				if note := string(text); note != want {
					t.Errorf("without file %d, the note is %q, want %q", n, note, want)
				}
			}
		})
	}
}
