//go:build unix

package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// progress is a mark in the recording: how many steps were begun and acknowledged.
type progress struct{ begun, acked int }

// recording is a run of steps, with everything that it did to the disk.
type recording struct {
	*crashfs.Recorder
	steps  []step
	states [][]state // of each step, the states while it is in progress
	last   state
}

// recordSteps runs steps on an empty folder and closes the bucket. over, if it isn't
// nil, is a hook between the driver and the recorder. others change the folder before
// each step.
func recordSteps(t *testing.T, steps []step, opts *Options, over crashfs.Hook,
	others ...func(step int, root fsys.Dir)) *recording {
	t.Helper()
	r := &recording{Recorder: &crashfs.Recorder{}, steps: steps, last: state{}}
	var sys fsys.FS = crashfs.Wrap(crashfs.Unsynced(), r.Hook)
	if over != nil {
		sys = crashfs.Wrap(sys, over)
	}
	dir := t.TempDir()
	root, err := sys.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b, err := openOver(dir, opts, sys)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		for _, do := range others {
			do(i, root)
		}
		r.Mark(progress{i + 1, i})
		if err := s.do(t.Context(), b); err != nil {
			t.Fatalf("the step %v: %v", s, err)
		}
		r.Mark(progress{i + 1, i + 1})
		r.states = append(r.states, s.states(r.last))
		r.last = s.after(r.last)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// possible returns the states that are allowed, and the names whose steps may be
// unfinished.
func (r *recording) possible(p progress) (allowed []state, subjects []string) {
	switch {
	case p.begun > p.acked:
		return r.states[p.acked], r.steps[p.acked].subjects()
	case p.acked == 0:
		return []state{{}}, nil
	}
	all := r.states[p.acked-1]
	return all[len(all)-1:], r.steps[p.acked-1].subjects()
}

// failures lets the power fail after each operation from the given step on and opens
// what is left. It stops after a few failures. One image is without, and some are with,
// what was not synced.
func (r *recording) failures(t *testing.T, dir string, from int,
	seed uint64) (checked int, failures []error) {
	t.Helper()
	every := longtest.EachOf(t, 5, 3)
	rng := rand.New(rand.NewPCG(seed, 1))
	d := r.Disk()
	var now progress
	seen := map[string]bool{}
	for n := 0; ; n++ {
		mark, ok := d.Step()
		if !ok || len(failures) > 3 {
			return checked, failures
		}
		if p, ok := mark.(progress); ok {
			now = p
		}
		if now.begun < from || n%every != int(seed)%every {
			continue
		}
		for _, s := range []crashfs.Survival{
			crashfs.Nothing, crashfs.Everything, crashfs.Some, crashfs.Some,
		} {
			im := d.Image(s, rng)
			if key := fmt.Sprint(im.Sum(), now); !seen[key] {
				seen[key] = true
				checked++
				if err := r.check(t.Context(), dir, im, now, checked%8 == 0); err != nil {
					failures = append(failures,
						fmt.Errorf("power failed at operation %d (%d steps begun, %d "+
							"acknowledged), %v of what wasn't synced survives: %w",
							n, now.begun, now.acked, s, err))
				}
			}
		}
	}
}

// check opens an image with the real driver. If work is set, it also writes to it.
func (r *recording) check(ctx context.Context, tmp string, im *crashfs.Image, now progress,
	work bool) error {
	dir, err := os.MkdirTemp(tmp, "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := im.Write(dir); err != nil {
		return err
	}
	allowed, subjects := r.possible(now)
	if !work {
		subjects = nil
	}
	return survived(ctx, dir, allowed, subjects)
}

// survived opens a new bucket on what a power failure left, and checks that it is one
// of the states and that writing works. More may be left on disk than after a kill,
// because cleaning up is not synced.
func survived(ctx context.Context, dir string, allowed []state, subjects []string) error {
	b, err := openOver(dir, noSync, fsys.OS())
	if err != nil {
		return err
	}
	defer b.Close()
	seen, err := seeAll(ctx, b)
	if err != nil {
		return err
	}
	now, err := anyOf(seen, allowed)
	if err != nil {
		return err
	}
	if err := checkFileblob(ctx, dir, seen); err != nil {
		return err
	}
	for i, name := range subjects {
		for _, s := range []step{stepPut(name, 90+i,
			0), stepPut(name, 92+i, 1), stepDelete(name), stepPut(name, 94+i, 0)} {
			if now, err = perform(ctx, b, now, []step{s}); err == nil {
				if seen, err = seeAll(ctx, b); err == nil {
					err = now.differs(seen)
				}
			}
			if err != nil {
				return fmt.Errorf("then, %v: %w", s, err)
			}
		}
	}
	return b.Close()
}

// If the power fails after any operation, a file whose Put was acknowledged is there,
// whole, and a file whose Put was in progress is the old or the new one (P4).
func TestPowerFailure(t *testing.T) {
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			r := recordSteps(t, append(sc.setup[:len(sc.setup):len(sc.setup)], sc.run), nil, nil)
			checked, failures := r.failures(t, injectedFolder(t), len(sc.setup)+1, uint64(i))
			for _, err := range failures {
				t.Error(err)
			}
			if least := longtest.N(t, 1, 10); checked < least && !testing.Short() {
				t.Errorf("checked %d images, too few", checked)
			}
		})
	}
	t.Run("mixed", func(t *testing.T) {
		t.Parallel()
		_, failures := recordSteps(t, mixed(30, 1), nil, nil).failures(t, injectedFolder(t), 0,
			1)
		for _, err := range failures {
			t.Error(err)
		}
	})
}

// The same test fails without syncing, and if any one kind of sync is left out.
func TestPowerFailureIsNoticed(t *testing.T) {
	noticed := func(t *testing.T, opts *Options, over func() crashfs.Hook) {
		t.Parallel()
		for i, sc := range scenarios {
			r := recordSteps(t, append(sc.setup[:len(sc.setup):len(sc.setup)], sc.run), opts,
				over())
			if _, failures := r.failures(t, injectedFolder(t), len(sc.setup)+1,
				uint64(i)); len(failures) > 0 {
				t.Logf("noticed: %s: %v", sc.name, failures[0])
				return
			}
		}
		t.Error("no image shows a loss")
	}
	t.Run("sync=none", func(t *testing.T) {
		noticed(t, noSync, func() crashfs.Hook { return nil })
	})
	for _, s := range []crashfs.Sync{crashfs.FileSync, crashfs.FolderSync, crashfs.ParentSync} {
		t.Run("no "+s.String(), func(t *testing.T) {
			noticed(t, nil, func() crashfs.Hook { return (&crashfs.Forgetter{Forget: s}).Hook })
		})
	}
}

// Other processes may have left folders that they made and did not sync yet, and a
// crash may have left older content under a file's other name. The folders must become
// durable with the file in them, and the older content must not come back when the file
// is deleted.
func TestPowerFailureAfterOthers(t *testing.T) {
	t.Run("folders", func(t *testing.T) {
		for _, name := range []string{"f", "a/f", "a/b/c/f"} {
			r := recordSteps(t, []step{stepPut(name, 1, 1), stepPut(name, 2, 0)}, nil, nil,
				func(i int, root fsys.Dir) {
					if i > 0 {
						return
					}
					d := root
					for _, e := range strings.Split(path.Dir(name), "/") {
						if e == "." {
							continue
						}
						check(t, ignoreExist(d.Mkdir(e, 0o777)))
						sub, err := d.OpenDir(e)
						check(t, err)
						defer sub.Close()
						d = sub
					}
				})
			_, failures := r.failures(t, injectedFolder(t), 0, 1)
			for _, err := range failures {
				t.Errorf("the power failure in %s: %v", name, err)
			}
		}
	})
	t.Run("older content", func(t *testing.T) {
		steps := []step{stepPut("a", 1, 0), stepDelete("a"), stepPut("a", 3, 1), stepDelete("a")}
		r := recordSteps(t, steps, nil, nil, func(i int, root fsys.Dir) {
			if i%2 == 0 {
				return
			}
			f, err := root.Create(leafName("a"))
			check(t, err)
			_, err = f.Write([]byte("older"))
			check(t, err, f.Sync(), root.Sync(), f.Close())
		})
		_, failures := r.failures(t, injectedFolder(t), 0, 2)
		for _, err := range failures {
			t.Error(err)
		}
	})
}

func ignoreExist(err error) error {
	if isExist(err) {
		return nil
	}
	return err
}

// mixed returns random steps on a few names that conflict with each other on disk.
func mixed(n int, seed uint64) []step {
	names := []string{"a", "a/b", "a/b/c", "d", "d/e", "f.attrs", "g/h/i", long}
	rng := rand.New(rand.NewPCG(seed, 2))
	pick := func() string { return names[rng.IntN(len(names))] }
	var steps []step
	now := state{}
	for i := range n {
		s := stepPut(pick(), i+1, rng.IntN(3))
		src, dst := pick(), pick()
		_, there := now[src]
		switch rng.IntN(6) {
		case 0:
			s = stepDelete(pick())
		case 1:
			if there && src != dst {
				s = stepCopy(src, dst)
			}
		case 2:
			if there && src != dst {
				s = stepMove(src, dst)
			}
		}
		steps = append(steps, s)
		now = s.after(now)
	}
	return steps
}
