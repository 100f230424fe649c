//go:build !osroot && (amd64 || arm64)

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/sysfault"
	"cloudfiles.dev/files"
)

// faultCase is a scenario or, if read is set, a read.
type faultCase struct {
	scenario
	// read returns what it found: everything if the error is nil, otherwise what came
	// before the error.
	read func(ctx context.Context, b files.Bucket) ([]string, error)
}

// manyFiles puts the files that are read.
var manyFiles = append([]step{
	stepPut("a", 5, 2),
	stepPut("a/b", 6, 1),
	stepPut("l/"+long, 7, 1),
	stepPut("d/f", 8, 0),
	stepPut("d/g.attrs", 9, 2),
	stepPut("d/large", 11, 0).sized(400 << 10),
	stepPut("z", 12, 0),
}, beside...)

func faultScenarios() (all []faultCase) {
	for _, sc := range scenarios {
		all = append(all, faultCase{scenario: sc})
	}
	reading := func(name string, read func(context.Context, files.Bucket) ([]string, error)) {
		all = append(all, faultCase{scenario{name: name, setup: manyFiles}, read})
	}
	for _, name := range []string{"a", "l/" + long, "d/f", "d/g.attrs", "d/large", "missing"} {
		reading(fmt.Sprintf("get %.10s", name),
			func(ctx context.Context, b files.Bucket) ([]string, error) {
				s, err := getSeen(ctx, b, name)
				return readLines(err, s.info, len(s.content))
			})
	}
	reading("stat", func(ctx context.Context, b files.Bucket) ([]string, error) {
		info, err := b.Stat(ctx, "a", nil)
		return readLines(err, info)
	})
	for name, opts := range map[string]*files.ListOptions{
		"list":            nil,
		"list shallowly":  {Shallow: true},
		"list with keys":  {Foreign: true},
		"list names only": {NamesOnly: true},
	} {
		reading(name, func(ctx context.Context, b files.Bucket) (found []string, err error) {
			for e, err := range b.List(ctx, "", opts) {
				if err != nil {
					return found, err
				}
				found = append(found, fmt.Sprintf("%+v", e))
			}
			return found, nil
		})
	}
	slices.SortFunc(all, func(a, b faultCase) int { return strings.Compare(a.name, b.name) })
	return all
}

// readLines returns what a read that isn't a listing found: nothing if it failed,
// except that a missing file is a result.
func readLines(err error, found ...any) ([]string, error) {
	if files.KindOf(err) == files.ErrNotExist {
		return []string{"no file"}, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%+v", found)}, nil
}

const (
	// faultTime is the context's timeout, which only a fault that never ends should
	// reach.
	faultTime = 300 * time.Millisecond
	// promptly is how much later a call may return on a busy machine. On an idle one it
	// takes far less.
	promptly = 100 * time.Millisecond
)

// patiently runs the case again, with more time, if it was late, as it may be on a busy
// machine. A call that waits for something that never happens is late each time.
func (r *faultRun) patiently(ctx context.Context) (err error) {
	for try := range 6 {
		r.scale = 1 << try
		err = r.do(ctx)
		if !errors.Is(err, errSlow) && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return err
}

// do runs the case in a new folder.
func (r *faultRun) do(ctx context.Context) error {
	dir, err := os.MkdirTemp(r.base, "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	open := openDescriptors()
	b, err := openOver(dir, noSync, fsys.OS())
	if err != nil {
		return err
	}
	before, err := perform(ctx, b, state{}, r.sc.setup)
	if err == nil {
		err = b.Close()
	}
	if err == nil {
		b, err = openOver(dir, nil, fsys.OS())
	}
	if err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	if r.sc.read != nil {
		err = r.reads(ctx, b)
	} else {
		err = r.writes(ctx, b, dir, before)
	}
	if cerr := b.Close(); err == nil {
		err = cerr
	}
	if n := openDescriptors(); err == nil && n != open {
		err = fmt.Errorf("%d descriptors are left open", n-open)
	}
	return err
}

// broken calls f during the fault, and returns its error. If the call is late, broken
// ends the fault, so that the call returns.
func (r *faultRun) broken(ctx context.Context, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.scale*faultTime)
	defer cancel()
	limit := r.scale * (faultTime + promptly)
	if !r.always {
		limit = r.scale * (faultTime - promptly)
	}
	done := make(chan error, 1)
	sysfault.Arm(r.nr, r.n, r.errno, r.always)
	go func() { done <- f(ctx) }()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case err = <-done:
		r.hits = sysfault.Disarm()
	case <-late.C:
		r.hits = sysfault.Disarm()
		err = errors.Join(errSlow, <-done)
	}
	if r.errno == 0 {
		r.counts = sysfault.Counts()
	}
	return err
}

var errSlow = errors.New("the call didn't return in time")

// checkError returns an error unless err is one that the fault may have caused.
func (r *faultRun) checkError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errSlow):
		return err
	case r.hits == 0:
		return fmt.Errorf("failed without a fault: %w", err)
	case r.always && errors.Is(err, context.DeadlineExceeded),
		r.blind() && files.KindOf(err) == files.ErrPrecondition: // the fault hid the version
		return nil
	case files.KindOf(err) == nil:
		return fmt.Errorf("the error has no kind: %w", err)
	case r.errno == unix.EXDEV && strings.Contains(err.Error(), "another file system"):
		return nil
	case !errors.Is(err, r.errno) && !strings.Contains(err.Error(), r.errno.Error()):
		return fmt.Errorf("the cause is lost: %w", err)
	}
	return nil
}

// reads checks a case that reads.
func (r *faultRun) reads(ctx context.Context, b files.Bucket) error {
	want, err := r.sc.read(ctx, b)
	if err != nil {
		return fmt.Errorf("before the fault: %w", err)
	}
	var got []string
	failure := r.broken(ctx, func(ctx context.Context) (err error) {
		got, err = r.sc.read(ctx, b)
		return err
	})
	if err := r.checkError(failure); err != nil {
		return err
	}
	seen, all := got, want
	switch {
	case r.blind() && r.sc.name == "stat":
		// Of a file that can't be opened, Stat returns what List does, without
		// attributes (S1).
		seen, all = entryAlone(got), entryAlone(want)
	case r.blind():
		seen, all = withoutRecord(got), withoutRecord(want)
	}
	if failure == nil && !slices.Equal(seen, all) {
		return fmt.Errorf("without an error, found %.300q, want %.300q", got, want)
	}
	if !inOrder(seen, all) {
		return fmt.Errorf("%w: found %.300q before the error, want a part of %.300q", failure, got,
			want)
	}
	if got, err = r.sc.read(ctx, b); err != nil || !slices.Equal(got, want) {
		return fmt.Errorf("after the fault (%v), found %.300q, %v", failure, got, err)
	}
	return nil
}

// blind reports whether the fault is a refused permission. A file that may not be read
// is listed as a file of another program (S1), and so is one whose record may not be
// read, for example if its mode was changed since it was opened. So its version and
// digest are not the record's, and a condition on the version that was returned before
// fails, which is safe, because nothing is changed then. Nothing else may differ:
// neither the content nor the attributes, which the sidecar has.
func (r *faultRun) blind() bool {
	return r.errno == unix.EPERM || r.errno == unix.EACCES
}

var ofRecord = regexp.MustCompile(`Version:[^ }]*|Digest:\{[^}]*\}`)

// entryAlone returns what Stat returns of a file that can't be opened.
func entryAlone(lines []string) []string {
	lines = withoutRecord(lines)
	for i, s := range lines {
		lines[i], _, _ = strings.Cut(s, " Attributes:")
	}
	return lines
}

// withoutRecord removes what only the record has.
func withoutRecord(lines []string) []string {
	lines = slices.Clone(lines)
	for i, s := range lines {
		lines[i] = ofRecord.ReplaceAllString(s, "")
	}
	return lines
}

// inOrder reports whether part is a part of all, in its order.
func inOrder(part, all []string) bool {
	for _, s := range part {
		i := slices.Index(all, s)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}

// writes checks a scenario.
func (r *faultRun) writes(ctx context.Context, b files.Bucket, dir string, before state) error {
	run := r.sc.run
	failure := r.broken(ctx, func(ctx context.Context) error { return run.do(ctx, b) })
	if err := r.checkError(failure); err != nil {
		return err
	}
	allowed := run.states(before)
	switch {
	case failure == nil:
		allowed = allowed[len(allowed)-1:]
	case errors.Is(failure, files.ErrUncertain) || run.op == "move":
		// The file is the old or the new one. A move may have made the copy.
	default:
		allowed = allowed[:1]
	}
	seen, err := seeAll(ctx, b)
	if s, ok := seen[run.name]; ok && r.blind() && r.nr == unix.SYS_FGETXATTR && run.src != "" &&
		s.info.Digest.CRC32C == "" {
		// a copy of a file whose record couldn't be read has no digest
		s.info.Digest.CRC32C = crcOf(s.content)
		seen[run.name] = s
	}
	if err == nil {
		_, err = anyOf(seen, allowed)
	}
	if err != nil {
		return fmt.Errorf("after the fault (%v): %w", failure, err)
	}
	if left := stagedIn(dir); len(left) > 0 && r.nr != unix.SYS_UNLINKAT && !r.always {
		return fmt.Errorf("(%v) staged files are left: %q", failure, left)
	}
	if failure == nil || run.op == "move" || run.cond != "" {
		return nil
	}
	if err := run.do(ctx, b); err != nil {
		return fmt.Errorf("(%v) the handle no longer works: %w", failure, err)
	}
	after := run.after(before)
	if seen, err = seeAll(ctx, b); err == nil {
		err = after.differs(seen)
	}
	if err == nil && !r.always { // otherwise the next handle removes what couldn't be removed
		err = closeAndCheck(b, dir, after)
	}
	if err != nil {
		return fmt.Errorf("(%v) after doing the step again: %w", failure, err)
	}
	return nil
}

func openDescriptors() int {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(all)
}
