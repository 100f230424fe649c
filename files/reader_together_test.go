package files_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// slowPieces is a body whose Reads return one piece each, with an error beside it, after
// a wait.
type slowPieces struct {
	wait   time.Duration
	pieces []string
	err    error
}

func (b *slowPieces) Read(p []byte) (int, error) {
	time.Sleep(b.wait)
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.pieces[0])
	b.pieces = b.pieces[1:]
	return n, b.err
}

// TestReadReturnsErrorBesideBytes has bodies whose error comes beside bytes. The Read that
// gets both must return the error, and so must each further one.
func TestReadReturnsErrorBesideBytes(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		body io.Reader
		n    int
		want error
	}{
		"an error beside bytes": {&slowPieces{0, []string{"abc", "def"}, broken}, 3, broken},
		"wrong last bytes":      {strings.NewReader("abcxyz"), 0, files.ErrCorrupt},
		"a byte too few":        {&slowPieces{0, []string{"abcde"}, io.EOF}, 5, files.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			r, b := reader(t.Context(), c.body, "abcdef", nil)
			p := make([]byte, 10)
			if n, err := r.Read(p); n != c.n || !errors.Is(err, c.want) {
				t.Errorf("Read = %d, %v; want %d, %v", n, err, c.n, c.want)
			}
			if n, err := r.Read(p); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("the next Read = %d, %v; want 0, %v", n, err, c.want)
			}
			if r.Close(); b.closed != 1 {
				t.Errorf("the body was closed %d times, want once", b.closed)
			}
		})
	}
}

// TestReadKeepsBytesOfLastMoment has a body that returns bytes, beside an error, after the
// read timeout. The caller gets the bytes without an error, and the timeout next.
func TestReadKeepsBytesOfLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := &slowPieces{2 * time.Second, []string{"abc"}, os.ErrClosed}
		r, _ := reader(t.Context(), body, "abcdef", nil)
		defer r.Close()
		r.SetReadTimeout(time.Second)
		p := make([]byte, 10)
		if n, err := r.Read(p); n != 3 || err != nil {
			t.Errorf("Read = %d, %v; want 3, nil", n, err)
		}
		if n, err := r.Read(p); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the next Read = %d, %v; want the timeout", n, err)
		}
	})
}

// TestCloseDuringReadReleasesOnce closes a Reader during a Read. What the Reader holds is
// released once, when that Read has returned.
func TestCloseDuringReadReleasesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := 0
		body := &slowPieces{time.Second, []string{"abc"}, nil}
		r, _ := reader(t.Context(), body, "abcdef", func(c *driver.ReaderConfig) {
			c.OnClose = func() { released++ }
		})
		done := make(chan error)
		go func() {
			_, err := r.Read(make([]byte, 10))
			done <- err
		}()
		synctest.Wait()
		r.Close()
		if released != 0 {
			t.Error("Close released what a Read still uses")
		}
		if err := <-done; !errors.Is(err, files.ErrClosed) {
			t.Errorf("the Read returned %v, want ErrClosed", err)
		}
		if r.Close(); released != 1 {
			t.Errorf("it was released %d times, want once", released)
		}
	})
}
