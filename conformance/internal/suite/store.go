package suite

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// StorePrefix is the beginning of every directory that a run makes in a shared store. A
// random part follows.
const StorePrefix = "cloudfiles-conformance-"

// cleanLimit is the longest time for cleaning up one directory. It also holds after the
// run was cancelled.
const cleanLimit = 2 * time.Minute

// base is the store and prefix of a case's bucket in a shared store.
type base struct {
	store  files.Bucket
	prefix string
}

// bases has the base of each case's bucket in a shared store while the case runs.
var bases sync.Map

// Base returns the store of a case's bucket, and the prefix of the bucket's names there:
// the case's file "a" is the store's prefix+"a". The functions of a [Harness] with Store
// use it to reach the store directly. If the bucket has a store of its own, Base returns
// the bucket and "".
func Base(b files.Bucket) (store files.Bucket, prefix string) {
	if v, ok := bases.Load(b); ok {
		return v.(base).store, v.(base).prefix
	}
	return b, ""
}

// openStore opens the shared store.
func (s *Runner) openStore(ctx context.Context) error {
	random := make([]byte, 6)
	rand.Read(random) // never fails
	s.Prefix = StorePrefix + hex.EncodeToString(random)
	s.t = &Recorder{ctx: ctx}
	opening := &Recorder{ctx: ctx}
	var store files.Bucket
	s.guard(opening, "the harness's Store", func(t *Recorder) {
		store = s.Harness.Store(whole{t, s.t})
	})
	err := errors.Join(opening.Err(), s.t.Err())
	switch {
	case err != nil:
		err = fmt.Errorf("the shared store can't be opened: %w", err)
	case opening.skipped:
		err = &SkipError{opening.reason}
	case store == nil:
		err = errors.New("the harness is wrong: Store returned nil")
	default:
		s.Store = store
		return nil
	}
	s.t.RunCleanups()
	return err
}

// SkipError is the error of Begin if Store skips.
type SkipError struct{ Reason string }

func (e *SkipError) Error() string { return "there is no store to run on: " + e.Reason }

// whole is the T of Harness.Store. Its context, cleanups, log and failures are the run's;
// skips and panics are the opening's.
type whole struct {
	*Recorder
	run *Recorder
}

func (w whole) Context() context.Context { return w.run.ctx }

func (w whole) Cleanup(f func()) { w.run.Cleanup(f) }

func (w whole) TempDir() string { return w.run.TempDir() }

func (w whole) Logf(format string, args ...any) { w.run.Logf(format, args...) }

func (w whole) Errorf(format string, args ...any) { w.run.Errorf(format, args...) }

func (w whole) Fatalf(format string, args ...any) { w.run.Fatalf(format, args...) }

// closeStore deletes the run's files, and closes the store.
func (s *Runner) closeStore(ctx context.Context) error {
	err := s.clean(ctx, s.Prefix)
	if err != nil {
		err = fmt.Errorf("the run could not be cleaned up: %w", err)
	}
	cerr := s.Store.Close()
	s.t.RunCleanups()
	return errors.Join(err, cerr, s.t.Err())
}

// dir returns a new directory of the shared store. Its files are deleted after the
// case.
func (s *Runner) dir(t T) string {
	dir := fmt.Sprintf("%s/%d", s.Prefix, s.subs.Add(1))
	t.Cleanup(func() {
		if err := s.clean(t.Context(), dir); err != nil {
			t.Errorf("the case could not be cleaned up: %v", err)
		}
	})
	return dir
}

// sub returns the bucket of a directory of the shared store. If handle is true, it uses
// another handle.
func (s *Runner) sub(t T, dir string, handle bool) files.Bucket {
	t.Helper()
	on := s.Store
	if handle {
		if on = s.Harness.Second(t, s.Store); on == nil {
			t.Fatalf("the harness is wrong: Second returned nil")
		}
		t.Cleanup(func() { on.Close() })
	}
	b, err := files.Sub(s.Stored.through(on, "", false), dir)
	if err != nil {
		t.Fatalf("the harness is wrong: the store can't have the case's directory: %v", err)
	}
	bases.Store(b, base{on, dir + "/"})
	t.Cleanup(func() { bases.Delete(b) })
	return b
}

// Address puts the case's prefix into a URL of the shared store, before any prefix that
// the parameter sets.
func (s *Runner) Address(t T, rawURL, parameter string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatalf("the harness is wrong: URL returned %s", files.RedactURL(rawURL))
	}
	q := u.Query()
	prefix := url.QueryEscape(q.Get("prefix") + s.dir(t) + "/")
	q.Del("prefix")
	u.RawQuery = q.Encode()
	if rest, ok := strings.CutPrefix(parameter, "prefix="); !ok {
		parameter = strings.TrimSuffix("prefix="+prefix+"&"+parameter, "&")
	} else if rest != "" { // an empty prefix must stay empty: it must be refused
		parameter = "prefix=" + prefix + rest
	}
	return WithParameter(u.String(), parameter)
}

// WithParameter returns the URL with the parameter added, unless that is "".
func WithParameter(u, parameter string) string {
	switch {
	case parameter == "":
		return u
	case strings.Contains(u, "?"):
		return u + "&" + parameter
	}
	return u + "?" + parameter
}
