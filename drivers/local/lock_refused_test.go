package local

import (
	"errors"
	"io/fs"
	"testing"
)

// waitLock waits for a lock that is refused at first, as on a share that just lost a
// client, and returns any other error at once.
func TestLockRefusedAtFirst(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct{ last, want error }{{nil, nil}, {other, other}} {
		tries := 0
		err := waitLock(t.Context(), func() error {
			if tries++; tries <= 5 {
				return fs.ErrPermission
			}
			return c.last
		})
		if err != c.want || tries != 6 {
			t.Errorf("waitLock = %v after %d tries, want %v after 6", err, tries, c.want)
		}
	}
}
