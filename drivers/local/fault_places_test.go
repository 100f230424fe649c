//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// places are the calls in the driver's code that led to an operation: each is two lines,
// of which one calls the function of the other.
type places struct {
	mu   sync.Mutex
	seen map[[2]runtime.Frame]bool
	// Of the operations since the last call of chosen, all, and those that were reached by
	// a new call.
	all, news []place
}

// place is an operation that was reached by a new call.
type place struct {
	n      int // counted from 1
	op     string
	caller string // the function that called it
}

// callerName returns the name of a function, or "" if it only passes errors on.
func callerName(function string) string {
	name := strings.TrimPrefix(function, "cloudfiles.dev/drivers/local.")
	name, _, _ = strings.Cut(name, ".func")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "(*backend)."), "(*staged).")
	if strings.HasPrefix(name, "(*spelledDir)") && name != "(*spelledDir).lately" &&
		name != "(*spelledDir).locate" {
		return ""
	}
	switch name {
	case "list", "readRecord", "waitLock", "openDir", "openAt", "sidecarAt", "findCurrent",
		"(*openedFile).describe", "(*openedFile).describeBy", "describe", "readSidecar",
		"isSidecar", "ownershipAt", "(*staging).create", "alive", "aliveStat", "openUpload",
		"readShort", "nameOfUpload":
		return ""
	}
	return name
}

// hook notes where the operation was called.
func (p *places) hook(op *crashfs.Op, do func() error) error {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	var last runtime.Frame
	isNew, caller := false, ""
	p.mu.Lock()
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.Contains(f.Function, "cloudfiles.dev/drivers/local.") ||
			strings.HasSuffix(f.File, "_test.go") {
			continue
		}
		at := runtime.Frame{File: filepath.Base(f.File), Line: f.Line}
		if call := [2]runtime.Frame{at, last}; !p.seen[call] {
			if p.seen == nil {
				p.seen = map[[2]runtime.Frame]bool{}
			}
			p.seen[call] = true
			isNew = true
		}
		last = at
		if caller == "" {
			caller = callerName(f.Function)
		}
	}
	now := place{len(p.all) + 1, op.Kind.String(), caller}
	p.all = append(p.all, now)
	if isNew {
		p.news = append(p.news, now)
	}
	p.mu.Unlock()
	return do()
}

// chosen returns the numbers of the operations that were reached by a new call, and
// begins to count again.
func (p *places) chosen() []place {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := p.news
	p.all, p.news = nil, nil
	return news
}

// A situation is a disk, or what happens there, in which a file is written in another
// way.
type situation struct {
	disk  hookFS
	steps []string // the scenarios, nil for all
	odd   func() fsys.FS
	// arm is called before the step. It sets the hooks of what happens during the step.
	arm func(h *hookFS)
}

// armedFS is a hookFS whose hooks are set before the step.
type armedFS struct {
	*hookFS
	set func(h *hookFS)
}

func (a armedFS) arm()    { a.set(a.hookFS) }
func (a armedFS) disarm() { a.awaits, a.before = nil, nil }

// sys returns a new file system.
func (s situation) sys() fsys.FS {
	if s.odd != nil {
		return s.odd()
	}
	h := s.disk
	h.FS = fsys.OS()
	if s.arm == nil {
		return &h
	}
	return armedFS{&h, s.arm}
}

// situations are those of the tests that let an operation fail at every place.
func situations() map[string]situation {
	all := map[string]situation{
		"ordinary":       {},
		"another mount":  {disk: hookFS{mount: true}},
		"no attributes":  {disk: hookFS{mount: true, noXattr: true}},
		"the lock file":  {disk: hookFS{noDirLocks: true}},
		"no exchange":    {disk: hookFS{fuse: true, noXattr: true}},
		"coarse times":   {disk: hookFS{times: coarse}},
		"folds":          {odd: oddDisks()["folds"]},
		"refuses, folds": {odd: oddDisks()["FAT"]},
		"every file has a name": {disk: hookFS{before: func(op, name string) error {
			if op == "create" && name == "" {
				return errors.ErrUnsupported
			}
			return nil
		}}},
	}
	few := []string{
		"new file with metadata", "plain over plain", "metadata over metadata", "large file",
		"copy over a file",
	}
	for _, noXattr := range []bool{false, true} {
		for turn := 1; turn <= 3; turn++ {
			// Another program waits to change a file that is just moved, and its twin.
			all[fmt.Sprint("awaited ", turn, noXattr)] = situation{
				disk:  hookFS{fuse: true, noXattr: noXattr},
				steps: few,
				arm: func(h *hookFS) {
					n := 0
					h.awaited = map[string]bool{}
					h.awaits = func() bool { n++; return n == turn || n == turn+1 }
				},
			}
			// The folder of the staged file is gone when its twins are created.
			all[fmt.Sprint("awaited and lost ", turn, noXattr)] = situation{
				disk:  hookFS{fuse: true, noXattr: noXattr},
				steps: few,
				arm: func(h *hookFS) {
					n, lost := 0, 0
					h.awaited = map[string]bool{}
					h.awaits = func() bool {
						if n++; n == turn {
							lost = 3 * maxTwins // a twin may be created twice
						}
						return n == turn
					}
					h.before = func(op, name string) error {
						if op == "create" && lost > 0 && !strings.HasPrefix(name, stagePrefix) {
							lost--
							return syscall.ENOENT
						}
						return nil
					}
				},
			}
		}
		// The name of a staged file is gone when its time is set.
		for turn := 1; turn <= 2; turn++ {
			all[fmt.Sprint("lost ", turn, noXattr)] = situation{
				disk:  hookFS{noXattr: noXattr, mount: noXattr},
				steps: few,
				arm: func(h *hookFS) {
					n := 0
					h.before = func(op, _ string) error {
						if op == "setmodtime" {
							if n++; n == turn {
								return syscall.ENOENT
							}
						}
						return nil
					}
				},
			}
		}
	}
	return all
}

// ignored are the operations whose failure doesn't fail the step, by the function that
// calls them. Any other failure is returned: a lost one would be data that isn't
// durable, a file that is only taken for missing, or content that is not the named one.
var ignored = map[string]string{
	// It is a quick way, or finds a hint. Without it, the driver takes the slow or safe way.
	"(*staging).learnOwnership": "StatDir StatFile",
	"copyFrom":                  "Clone",
	"copyPart":                  "CopyRange",
	"createUnnamed":             "CreateUnnamed",
	"currentGeneration":         "Getxattr",
	"edited":                    "Lstat",
	"keep":                      "TryLock",
	"lookup":                    "Getxattr",
	"makeRoom":                  "Lstat",
	"moveIn":                    "Lstat",
	"moveToLeaf":                "Lstat",
	"ownershipOf":               "Lstat",
	"rescue":                    "Clone",
	"setRecord":                 "Setxattr",
	"share":                     "StatDir",
	"shareDir":                  "StatDir",
	"shareFile":                 "StatFile",
	"versionByRecord":           "Getxattr",
	"writeSidecar":              "SetModTime",
	// It takes a lock, which is taken again or in another way, or releases one.
	"(*dirLock).unlock":     "UnlockDir",
	"(*lockFile).isCurrent": "OpenFile",
	"(*lockFile).release":   "Unlock",
	"lockByte":              "TryLock",
	"lockDirAlone":          "TryLockDir",
	// It keeps a part in a file of its own, or copies it, instead.
	"(*completion).adopt": "StatFile",
	"(*completion).lock":  "OpenLock TryLock",
	"asNew":               "Getxattr",
	"makeContent":         "Create Setxattr",
	"openContent":         "Getxattr Lstat OpenLock",
	"putInPlace":          "OpenFile OpenLock TryLock",
	// It removes what nobody sees, or what a later call removes.
	"(*staging).end": "Rmdir",
	"clean":          "Lstat",
	"dropSidecar":    "Unlink",
	"empty":          "OpenDir",
	"madeByUs":       "StatDir",
	"moveSidecar":    "Unlink",
	"AbortUpload":    "OpenDir OpenFile ReadAt Rmdir StatRoot",
	"removeUpload":   "OpenDir ReadDir Unlink",
	"removeParent":   "Lstat OpenDir RenameNoReplace",
	"removeSidecar":  "Lstat OpenFile",
	"rmdir":          "OpenDir",
	"rmdirLocked":    "Claimed Rmdir",
	"rmdirNow":       "OpenDir TryLockDir UnlockDir",
	"sweep":          "OpenDir ReadDir",
	"sweepDir":       "OpenDir ReadDir StatDir",
	"unlink":         "Unlink",
	"unlinkAll":      "Unlink",
	"unlinkSidecar":  "Lstat OpenFile Unlink",
	// It tries out a disk, which is tried again later, or taken for a more limited one.
	"(*prober).clear":     "Unlink",
	"(*prober).keepsOnce": "Create",
	"(*prober).leads":     "Lstat",
	"probe":               "Lstat",
	// It knows where a spelling was. Without it, the folder is read.
	"(*foundDirs).open":    "OpenDir StatDir",
	"(*spelledDir).lately": "Lstat",
	"(*spelledDir).locate": "Lstat",
	"listsName":            "OpenDir",
}

func (at place) ignored() bool {
	return slices.Contains(strings.Fields(ignored[at.caller]), at.op)
}

// If the operation that any place in the driver's code calls fails once, the step
// returns the cause and changes nothing or, if that failure is to be ignored, it
// succeeds. TestFaultAtEveryOperation tries more operations, but in a quick run not each
// place.
func TestFaultAtEveryPlace(t *testing.T) {
	var at places
	failed := 0
	all := situations()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		for _, sc := range scenarios {
			if s.steps != nil && !slices.Contains(s.steps, sc.name) {
				continue
			}
			what := sc.name + " (" + name + ")"
			dir, below := injectedFolder(t), s.sys()
			prepareOn(t, below, dir, sc)
			b, err := openOver(dir, nil, crashfs.Wrap(crashfs.UnsyncedOn(below), at.hook))
			check(t, err)
			if a, ok := below.(armedFS); ok {
				a.arm()
			}
			at.chosen()
			if err := sc.run.do(t.Context(), b); err != nil {
				t.Errorf("%s without a fault: %v, want nil", what, err)
			}
			news := at.chosen()
			check(t, b.Close())
			for _, at := range news {
				_, refused, err := failedAt(t, sc, s.sys(), at.n, syscall.EIO, nil, nil)
				if err != nil {
					t.Errorf("%s: EIO at %s in %s: %v, want nil", what, at.op, at.caller, err)
				}
				if refused {
					failed++
				} else if !at.ignored() {
					t.Errorf("%s: the step succeeds in spite of EIO at %s in %s, want the error",
						what, at.op, at.caller)
				}
			}
		}
	}
	if failed == 0 {
		t.Error("no fault made a step fail")
	}
}

// The same holds for calls that only read.
func TestReadFaultAtEveryPlace(t *testing.T) {
	failed := 0
	var at places
	for disk, sys := range map[string]fsys.FS{
		"an ordinary disk": fsys.OS(),
		"folds":            oddDisks()["folds"](),
		"FUSE":             &hookFS{FS: fsys.OS(), fuse: true},
	} {
		dir := readTree(t, sys)
		var faulter crashfs.Faulter
		wrapped := crashfs.Wrap(sys, func(op *crashfs.Op, do func() error) error {
			return faulter.Hook(op, func() error { return at.hook(op, do) })
		})
		for name, call := range readCalls {
			b, err := openOver(dir, nil, wrapped)
			check(t, err)
			at.chosen()
			_, err = call(t.Context(), b)
			check(t, err)
			first := at.chosen()
			want, err := call(t.Context(), b)
			check(t, err)
			again := at.chosen()
			for _, at := range first {
				check(t, b.Close())
				b, err = openOver(dir, nil, wrapped)
				check(t, err)
				if readFails(t, disk+": "+name, &faulter, b, at.n, call, want) {
					failed++
				}
			}
			for _, at := range again {
				if readFails(t, disk+": "+name, &faulter, b, at.n, call, want) {
					failed++
				}
			}
			check(t, b.Close())
		}
		if open := wrapped.Open(); open != 0 {
			t.Errorf("%s: %d descriptors are open after Close, want 0", disk, open)
		}
	}
	if failed == 0 {
		t.Error("no fault made a call fail")
	}
}

// readFails makes a call that only reads while its n-th operation fails, and once more,
// and reports whether it failed.
func readFails(
	t *testing.T, what string, faulter *crashfs.Faulter, b files.Bucket, n int,
	call func(context.Context, files.Bucket) (string, error), want string,
) bool {
	t.Helper()
	faulter.FailAt(n, syscall.EIO)
	got, failure := call(t.Context(), b)
	_, kind := faulter.Count()
	faulter.Set(nil)
	switch {
	case failure == nil && got != want:
		t.Errorf("%s: %v at operation %d: %s, want %s", what, kind, n, got, want)
	case failure != nil && !errors.Is(failure, syscall.EIO):
		t.Errorf("%s: %v at operation %d: %v, want EIO", what, kind, n, failure)
	case failure != nil && strings.HasSuffix(want, "\n"):
		if line := notAmong(got, want); line != "" {
			t.Errorf("%s: %v at operation %d: %s is listed, want %q", what, kind, n, line, "")
		}
	}
	if again, err := call(t.Context(), b); err != nil || again != want {
		t.Errorf("%s: after %v at operation %d: %s, %v, want %q and nil", what, kind, n, again, err,
			want)
	}
	return failure != nil
}
