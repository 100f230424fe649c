package conformance_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// These make the test's binary the other process: which bucket it makes of the folder,
// and the folder.
const (
	processSees = "CLOUDFILES_TEST_SEES"
	processDir  = "CLOUDFILES_TEST_DIR"
)

func TestMain(m *testing.M) {
	if sees := os.Getenv(processSees); sees != "" {
		os.Exit(beOtherProcess(sees, os.Getenv(processDir)))
	}
	os.Exit(m.Run())
}

func otherProcess(t conformance.T, sees, dir string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("the path of the test's program: %v", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), processSees+"="+sees, processDir+"="+dir)
	return cmd
}

func beOtherProcess(sees, dir string) int {
	b, err := local.Open(dir, &local.Options{NoSync: true})
	if err == nil {
		defer b.Close()
		if prefix, ok := strings.CutPrefix(sees, "local"); ok {
			if prefix != "" {
				b, err = files.Sub(b, strings.TrimSuffix(prefix, "/"))
			}
		} else {
			b = brokenBetween[sees].wrap(b)
		}
	}
	if err == nil {
		err = conformance.Serve(b, os.Stdin, os.Stdout)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// brokenBetween are faults that two handles of one process don't show, by name.
var brokenBetween = map[string]struct {
	caught, passes []string
	wrap           func(files.Bucket) files.Bucket
}{
	"decides under a lock of the process": {
		caught: []string{"P8/race-processes", "P9/counter-processes"},
		passes: []string{"P8/race-two-handles", "P9/race-two-handles"},
		wrap:   func(b files.Bucket) files.Bucket { return &locking{b} },
	},
	"remembers what it read until the process writes it": {
		caught: []string{"L4/other-process"},
		passes: []string{"L4/what-was-put"},
		wrap:   func(b files.Bucket) files.Bucket { return &remembering{b} },
	},
	"hides a file while it is replaced, from its own readers": {
		caught: []string{"P1/other-process"},
		passes: []string{"P1/torn-read"},
		wrap:   func(b files.Bucket) files.Bucket { return &hiding{b} },
	},
	"knows only the uploads that its own process began": {
		caught: []string{"X1/upload-other-process"},
		passes: []string{"X1/upload-other-handle"},
		wrap:   ownUploads,
	},
}

// TestOtherProcess: the cases with another process can fail, and that those
// with two handles don't find the same fault.
func TestOtherProcess(t *testing.T) {
	const tries = 5 // two processes may happen to take turns
	for name, broken := range brokenBetween {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := localHarness(local.Options{NoSync: true}, "", broken.wrap)
			sees := h.Process
			h.Process = func(t conformance.T, b files.Bucket) *exec.Cmd {
				cmd := sees(t, b)
				cmd.Env = append(cmd.Env, processSees+"="+name)
				return cmd
			}
			for _, id := range broken.caught {
				var r conformance.Result
				for range tries {
					r = conformance.RunCase(t.Context(), h, caseOf(t, id))
					if r.Outcome != conformance.Passed {
						break
					}
				}
				if r.Outcome != conformance.Failed ||
					strings.Contains(r.Text(), "did not end within") {
					t.Errorf("%s: %s %s, want it to fail: %s", id, r.Outcome, r.Reason, r.Text())
				}
			}
			for _, id := range broken.passes {
				if r := conformance.RunCase(t.Context(), h,
					caseOf(t, id)); r.Outcome != conformance.Passed {
					t.Errorf("%s: %s %s, want it to pass: %s", id, r.Outcome, r.Reason, r.Text())
				}
			}
		})
	}
}

// TestOtherProcessFails: a command that isn't the other process, or ends, is
// a clear failure.
func TestOtherProcessFails(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for want, cmd := range map[string]func() *exec.Cmd{
		"Process returned nil": func() *exec.Cmd { return nil },
		"starting the other process": func() *exec.Cmd {
			return exec.Command(filepath.Join(t.TempDir(), "none"))
		},
		"ended": func() *exec.Cmd { return exec.Command(self, "-test.run=^$") },
	} {
		h := localHarness(local.Options{NoSync: true}, "", bare)
		h.Limit = 30 * time.Second
		h.Process = func(conformance.T, files.Bucket) *exec.Cmd { return cmd() }
		for _, id := range []string{
			"P8/race-processes", "L4/other-process", "P1/other-process", "P9/counter-processes",
		} {
			if r := conformance.RunCase(t.Context(), h,
				caseOf(t,
					id)); r.Outcome != conformance.Failed || !strings.Contains(r.Text(),
				want) || strings.Contains(r.Text(), "did not end within") {
				t.Errorf("%s: %s, want a failure with %q: %s", id, r.Outcome, want, r.Text())
			}
		}
	}
}

var processLock sync.RWMutex

// locking looks, and then writes without a condition.
type locking struct{ files.Bucket }

func (l *locking) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	if o == nil || o.If.IsZero() {
		return l.Bucket.Put(ctx, name, r, o)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	processLock.Lock()
	defer processLock.Unlock()
	info, err := l.Bucket.Stat(ctx, name, nil)
	if err := o.If.Check(err == nil, info.Version); err != nil {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	// a few writes take as long; otherwise two processes would hardly overlap
	for range 50 {
		l.Bucket.Stat(ctx, name, nil)
	}
	c := *o
	c.If = files.Condition{}
	return l.Bucket.Put(ctx, name, bytes.NewReader(content), &c)
}

// ownUploads are gone in the other process, which begins none.
func ownUploads(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{Uploads: true, Around: func(ctx context.Context,
		c *files.Call, next func(context.Context) error) error {
		if c.Op == files.OpUpload && os.Getenv(processSees) != "" {
			return driver.ErrUploadGone
		}
		return next(ctx)
	}})
}

var processCache sync.Map

// remembering keeps sizes, which only writes of its own process renew.
type remembering struct{ files.Bucket }

func (r *remembering) Stat(ctx context.Context, name string,
	o *files.StatOptions) (files.Info, error) {
	if info, ok := processCache.Load(name); ok {
		return info.(files.Info), nil
	}
	return r.Bucket.Stat(ctx, name, o)
}

func (r *remembering) Put(ctx context.Context, name string, content io.Reader,
	o *files.PutOptions) (files.Info, error) {
	info, err := r.Bucket.Put(ctx, name, content, o)
	if err == nil {
		processCache.Store(name, info)
	}
	return info, err
}

func (r *remembering) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	processCache.Delete(name)
	return r.Bucket.Delete(ctx, name, o)
}

// hiding deletes and then puts, and lets its own readers wait for both.
type hiding struct{ files.Bucket }

func (h *hiding) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	processLock.Lock()
	defer processLock.Unlock()
	if err := h.Bucket.Delete(ctx, name, nil); err != nil {
		return files.Info{}, err
	}
	return h.Bucket.Put(ctx, name, bytes.NewReader(content), o)
}

func (h *hiding) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	processLock.RLock()
	defer processLock.RUnlock()
	return h.Bucket.Get(ctx, name, o)
}

func (h *hiding) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	processLock.RLock()
	defer processLock.RUnlock()
	return h.Bucket.Stat(ctx, name, o)
}
