package local

import (
	"errors"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// failingLstat is a folder whose n-th Lstat fails with EIO.
type failingLstat struct {
	fsys.Dir
	n int
}

func (f *failingLstat) Lstat(path string) (fsys.Stat, error) {
	if f.n--; f.n == 0 {
		return fsys.Stat{}, syscall.EIO
	}
	return f.Dir.Lstat(path)
}

// TestLocateFails: where names have several spellings, a lookup that fails at any step is
// an error, and never a name that is free.
func TestLocateFails(t *testing.T) {
	dir := memdir.New(t)
	write(t, dir, "A", "")
	root := openRoot(t, dir)
	for n := 1; ; n++ {
		d := (&spelling{}).dir(&failingLstat{root, n}, false)
		disk, _, seat, err := d.locate("A")
		if n > 3 {
			if disk != "A" || seat != foundSeat || err != nil {
				t.Errorf("locate = %q, %v, %v, want %q, %v and nil", disk, seat, err, "A",
					foundSeat)
			}
			return
		}
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("locate = %q, %v, %v if Lstat %d fails, want EIO", disk, seat, err, n)
		}
	}
}
