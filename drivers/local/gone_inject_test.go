//go:build unix

package local

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// lostErrnos are the errors of a call whose server, or FUSE program, went away.
var lostErrnos = []syscall.Errno{
	syscall.ECONNABORTED,
	syscall.ENOTCONN,
	syscall.ESHUTDOWN,
	syscall.EHOSTDOWN,
	syscall.EHOSTUNREACH,
	syscall.ECONNRESET,
	syscall.ETIMEDOUT,
}

// refusals are errors that mean that a call wasn't carried out.
var refusals = []syscall.Errno{syscall.ESTALE, syscall.EIO}

// lostServer makes the n-th call return an error, and all later calls another error
// until the server is back. The n-th call may be carried out.
type lostServer struct {
	mu    sync.Mutex
	n     int
	err   error
	done  bool  // the n-th call is carried out
	after error // nil if the server is back at once
	count int
	at    crashfs.Kind
}

func (s *lostServer) hook(op *crashfs.Op, do func() error) error {
	s.mu.Lock()
	s.count++
	is, behind := s.n > 0 && s.count == s.n, s.n > 0 && s.count > s.n
	err, done, after := s.err, s.done, s.after
	if is {
		s.at = op.Kind
	}
	s.mu.Unlock()
	switch {
	case is && done:
		if err := do(); err != nil {
			return err
		}
		return err
	case is:
		return err
	case behind && after != nil:
		return after
	}
	return do()
}

func (s *lostServer) set(n int, err error, done bool, after error) (count int, at crashfs.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count, at = s.count, s.at
	s.n, s.err, s.done, s.after, s.count, s.at = n, err, done, after, 0, 0
	return count, at
}

// If the server of a file system goes away at any call, before or after it has carried
// it out, for a moment or for longer, the error has a kind (E2), and is ErrUncertain if
// the file may be the new one (P2). A call with any other error has changed nothing.
//
// By default a sample of the calls is tried; CLOUDFILES_FAULTS=1 tries all.
func TestLostAtEveryOperation(t *testing.T) {
	every := longtest.N(t, 40, 8)
	if os.Getenv("CLOUDFILES_FAULTS") == "1" {
		every = 1
	}
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			uncertain := 0
			for k, way := range []struct {
				name  string
				done  bool
				after error
			}{
				{"refused", false, nil},
				{"carried out", true, nil},
				{"refused, and dead", false, syscall.ENOTCONN},
				{"carried out, and dead", true, syscall.ENOTCONN},
			} {
				for n := 1; ; n++ {
					if n%every != (i+k)%every {
						continue
					}
					causes := lostErrnos
					if !way.done {
						causes = append(refusals, lostErrnos...)
					}
					cause := causes[(n+i+k)%len(causes)]
					hit, unsure, err := lostAt(t, sc, n, cause, way.done, way.after)
					if err != nil {
						t.Errorf("%v, %s, at operation %d: %v, want nil", cause, way.name, n, err)
					}
					if unsure {
						uncertain++
					}
					if !hit {
						break
					}
				}
			}
			if uncertain == 0 && every == 1 {
				t.Error("no error was ErrUncertain")
			}
		})
	}
}

// lostAt runs a scenario whose server goes away at the n-th operation.
func lostAt(
	t *testing.T, sc scenario, n int, cause error, done bool, after error,
) (hit, unsure bool, err error) {
	dir := injectedFolder(t)
	before := prepare(t, dir, sc)
	var server lostServer
	sys := crashfs.Wrap(crashfs.Unsynced(), server.hook)
	b, err := openOver(dir, nil, sys)
	if err != nil {
		return false, false, err
	}
	defer b.Close()
	server.set(n, cause, done, after)
	failure := sc.run.do(t.Context(), b)
	count, at := server.set(0, nil, false, nil)
	hit, unsure = count >= n, errors.Is(failure, files.ErrUncertain)
	allowed := sc.run.states(before)
	switch kind := files.KindOf(failure); {
	case failure == nil:
		allowed = allowed[len(allowed)-1:]
	case kind == nil:
		return hit, unsure, fmt.Errorf("%v: the error has no kind: %w", at, failure)
	case kind == files.ErrNotExist, kind == files.ErrExist:
		return hit, unsure, fmt.Errorf("%v: the error reports a missing or an existing file: %w",
			at, failure)
	case !unsure && sc.run.op != "move":
		allowed = allowed[:1]
	}
	seen, err := seeAll(t.Context(), b)
	if err == nil {
		_, err = anyOf(seen, allowed)
	}
	if err != nil {
		return hit, unsure, fmt.Errorf("%v (%v): %w", at, failure, err)
	}
	return hit, unsure, nil
}

// Each errno of a server that went away is ErrUncertain if the call that makes the
// change returns it, whether or not the change was made. So is EIO if the file system
// isn't on a disk of this machine.
func TestLostAtCommit(t *testing.T) {
	for _, cause := range append([]syscall.Errno{syscall.EIO}, lostErrnos...) {
		for _, done := range []bool{false, true} {
			for _, op := range []string{"put", "replace", "delete", "copy"} {
				t.Run(fmt.Sprintf("%v/%v/%s", cause, done, op), func(t *testing.T) {
					lostCommit(t, cause, done, op)
				})
			}
		}
	}
}

func lostCommit(t *testing.T, cause syscall.Errno, done bool, op string) {
	armed := false
	hook := func(o *crashfs.Op, do func() error) error {
		commits := o.Kind == crashfs.Rename || o.Kind == crashfs.RenameNoReplace ||
			o.Kind == crashfs.Exchange || o.Kind == crashfs.Link
		if op == "delete" {
			commits = o.Kind == crashfs.Unlink
		}
		if !armed || !commits {
			return do()
		}
		armed = false
		if done {
			if err := do(); err != nil {
				return err
			}
		}
		return cause
	}
	be, err := open(t.TempDir(), &Options{NoSync: true}, crashfs.Wrap(crashfs.Unsynced(), hook))
	ok(t, err)
	be.volume = fsys.Volume{} // as of a network file system or FUSE
	b := driver.New(be)
	defer b.Close()
	putIn(t, b, "src", "new", nil)
	if op != "put" && op != "copy" {
		putIn(t, b, "a", "old", nil)
	}
	armed = true
	switch op {
	case "delete":
		err = b.Delete(t.Context(), "a", nil)
	case "copy":
		_, err = files.Copy(t.Context(), b, "a", b, "src", nil)
	default:
		_, err = files.PutString(t.Context(), b, "a", "new", nil)
	}
	if armed {
		t.Fatal("nothing was committed")
	}
	if !errors.Is(err, files.ErrUncertain) || !errors.Is(err, cause) {
		t.Errorf("%s = %v, want ErrUncertain with %v", op, err, cause)
	}
}
