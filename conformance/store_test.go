package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// sharedMap has all cases in one map. Its functions find their files by Base.
func sharedMap(m *mapBackend) conformance.Harness {
	return conformance.Harness{
		Store: func(conformance.T) files.Bucket { return driver.New(m) },
		Second: func(conformance.T, files.Bucket) files.Bucket {
			return driver.New(&handle{mapBackend: m})
		},
		Damage: func(_ conformance.T, b files.Bucket, name string) {
			_, prefix := conformance.Base(b)
			m.damage(prefix + name)
		},
		Cut: func(t conformance.T, b files.Bucket, n int64) {
			store, _ := conformance.Base(b)
			driver.Unwrap(store).(*handle).breakAfter.Store(n + 1)
		},
		Unclaimed: map[string]string{"SignGet": "a map has no URL"},
	}
}

// handle is one of several on a map, with its own connection.
type handle struct {
	*mapBackend
	breakAfter atomic.Int64
}

func (h *handle) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := h.mapBackend.Open(ctx, req)
	if err == nil {
		o.Body = io.NopCloser(breaking(o.Body, &h.breakAfter))
	}
	return o, err
}

// TestStore runs the suite in a store with files of others, which must not change.
func TestStore(t *testing.T) {
	m := newMap()
	for _, name := range []string{
		"mine.txt", conformance.StorePrefix, conformance.StorePrefix + "mine/1/a", "0", "~",
	} {
		m.plant(name)
	}
	before := fmt.Sprint(m.files)
	t.Cleanup(func() { // after Run's own
		if now := fmt.Sprint(m.files); now != before {
			t.Errorf("the store has %d files, want the user's own, untouched", len(m.files))
		}
	})
	rerun.Part(t, sharedMap(m), "")
}

func TestStoreMem(t *testing.T) {
	name := memName()
	rerun.Part(t, conformance.Harness{
		Store:  func(conformance.T) files.Bucket { return mem.Open(name) },
		Second: func(conformance.T, files.Bucket) files.Bucket { return mem.Open(name) },
		URL:    func(conformance.T) string { return "mem://" + name + "?prefix=tenant/" },
	}, "")
}

// TestStoreLocal leaves nothing in the folder, not even an empty one.
func TestStoreLocal(t *testing.T) {
	dir := memdir.New(t)
	user := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(user, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	var apart sync.Map // the folders of the buckets of Apart
	open := func(t conformance.T, dir string) files.Bucket {
		b, err := local.Open(dir, &local.Options{NoSync: true})
		if err != nil {
			t.Fatalf("local.Open of %s: %v", dir, err)
		}
		return b
	}
	t.Cleanup(func() {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if strings.Contains(path, conformance.StorePrefix) {
				t.Errorf("%s is left behind", path)
			}
			return err
		})
		if content, rerr := os.ReadFile(user); err != nil || rerr != nil ||
			string(content) != "mine" {
			t.Errorf("the user's file is %q, %v, %v", content, rerr, err)
		}
	})
	rerun.Part(t, conformance.Harness{
		Store:  func(t conformance.T) files.Bucket { return open(t, dir) },
		Second: func(t conformance.T, _ files.Bucket) files.Bucket { return open(t, dir) },
		Process: func(t conformance.T, _ files.Bucket) *exec.Cmd {
			return otherProcess(t, "local", dir)
		},
		Apart: func(t conformance.T) files.Bucket {
			own := memdir.New(t)
			b := open(t, own)
			apart.Store(b, own)
			return b
		},
		Vanish: func(t conformance.T, b files.Bucket) {
			own, _ := apart.Load(b)
			if err := os.RemoveAll(own.(string)); err != nil {
				t.Fatalf("removing the folder of the bucket: %v", err)
			}
		},
		URL: func(conformance.T) string {
			return (&url.URL{
				Scheme: "file",
				Path:   filepath.ToSlash(dir),
			}).String()
		},
		Secrets: func(files.Bucket) []string { return []string{dir} },
		Limit:   3 * time.Minute,
	}, "")
}

// TestBase holds what Base returns for a case's bucket.
func TestBase(t *testing.T) {
	m := newMap()
	store := driver.New(m)
	var seen []string
	h := conformance.Harness{
		Store: func(conformance.T) files.Bucket { return store },
		Damage: func(t conformance.T, b files.Bucket, name string) {
			on, prefix := conformance.Base(b)
			if on != store {
				t.Errorf("the base is not the bucket that Store opened")
			}
			if _, err := on.Stat(t.Context(), prefix+name, nil); err != nil {
				t.Errorf("the store has no %s: %v", prefix+name, err)
			}
			seen = append(seen, prefix)
			m.damage(prefix + name)
		},
	}
	r := conformance.RunCase(t.Context(), h, caseOf(t, "G6/damage"))
	if r.Outcome != conformance.Passed || len(seen) == 0 {
		t.Errorf("%s, %s; seen %q", r.Outcome, r.Text(), seen)
	}
	for _, prefix := range seen {
		if !strings.HasPrefix(prefix, conformance.StorePrefix) || !strings.HasSuffix(prefix, "/") {
			t.Errorf("the prefix is %q", prefix)
		}
	}
	if on, prefix := conformance.Base(store); on != store || prefix != "" {
		t.Errorf("the base of a bucket without a shared store is %v and %q", on, prefix)
	}
	if len(m.files) != 0 {
		t.Errorf("%d files are left", len(m.files))
	}
}

// TestWrongStore: a wrong harness is reported before anything is done.
func TestWrongStore(t *testing.T) {
	own := func(conformance.T) files.Bucket { return driver.New(newMap()) }
	id := "S1/is-get"
	for _, c := range []struct {
		says string
		h    conformance.Harness
	}{
		{"New and Store are nil", conformance.Harness{}},
		{"are both set", conformance.Harness{New: own, Store: own}},
		{"Apart is set without Store", conformance.Harness{New: own, Apart: own}},
		{
			"Store returned nil",
			conformance.Harness{Store: func(conformance.T) files.Bucket { return nil }},
		},
		{
			"no server today",
			conformance.Harness{Store: func(t conformance.T) files.Bucket {
				t.Fatalf("no server today")
				return nil
			}},
		},
		{
			"panic: often",
			conformance.Harness{Store: func(t conformance.T) files.Bucket { panic("often") }},
		},
		{
			"not installed",
			conformance.Harness{Store: func(t conformance.T) files.Bucket {
				t.Skipf("not installed")
				return nil
			}},
		},
		{"did not end within", conformance.Harness{
			Limit: time.Millisecond,
			Store: func(t conformance.T) files.Bucket { select {} },
		}},
		{"Second returned nil", conformance.Harness{
			Store:  own,
			Second: func(conformance.T, files.Bucket) files.Bucket { return nil },
		}},
		{"no case P8/rice", conformance.Harness{
			New:   own,
			Known: map[string]string{"P8/rice": "typed badly"},
		}},
		{"no case P8/rice", conformance.Harness{
			New:          own,
			ServerFaults: map[string]string{"P8/rice": "typed badly"},
		}},
		{"no feature with cases IfPresent", conformance.Harness{
			New:       own,
			Unclaimed: map[string]string{"IfPresent": "typed badly"},
		}},
		{"no reason for " + id, conformance.Harness{New: own, Known: map[string]string{id: " "}}},
		{"both ServerFaults and ServerRaces", conformance.Harness{
			New:          own,
			ServerFaults: map[string]string{id: "x"},
			ServerRaces:  map[string]string{id: "y"},
		}},
		{"both Known and ServerFaults", conformance.Harness{
			New:          own,
			Known:        map[string]string{id: "x"},
			ServerFaults: map[string]string{id: "y"},
		}},
		{"but the bucket claims it", conformance.Harness{
			New:       own,
			Unclaimed: map[string]string{"IfAbsent": "it is slow"},
		}},
	} {
		if r := conformance.RunCase(t.Context(), c.h,
			caseOf(t, id)); r.Outcome != conformance.Failed || !strings.Contains(r.Text(), c.says) {
			t.Errorf("%s: %s, want %q in it", r.Outcome, r.Text(), c.says)
		}
		report, err := conformance.Check(t.Context(), c.h,
			&conformance.CheckOptions{Pattern: "^" + id + "$"})
		if err == nil && (report == nil || report.OK()) {
			t.Errorf("Check with a harness that is wrong (%q): %+v, no error", c.says, report)
		}
	}
}

// TestStoreCleansUp holds what the run reports of a store in which nothing can be
// deleted, and that it opens and closes the store once.
func TestStoreCleansUp(t *testing.T) {
	var opened, closed, cleaned int
	f := &faulty{mapBackend: newMap(), shut: func(*mapBackend) { closed++ }}
	h := conformance.Harness{Store: func(t conformance.T) files.Bucket {
		opened++
		t.Cleanup(func() { cleaned++ })
		if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o600); err != nil {
			t.Errorf("writing into the case's TempDir: %v", err)
		}
		return driver.New(f)
	}}
	if r, err := conformance.Check(t.Context(), h,
		&conformance.CheckOptions{Pattern: "^(S1|L[12])/"}); err != nil || !r.OK() {
		t.Errorf("Check: %v", err)
	}
	if opened != 1 || closed != 1 || cleaned != 1 {
		t.Errorf("the store was opened %d times, closed %d times and its cleanups ran %d times",
			opened, closed, cleaned)
	}
	f.del = func(driver.Key, files.Version, *mapBackend) error {
		return driver.Errorf(files.ErrPermission, "no deleting here")
	}
	r, err := conformance.Check(t.Context(), h, &conformance.CheckOptions{Pattern: "^S1/is-get$"})
	if !errors.Is(err,
		files.ErrPermission) || !strings.Contains(err.Error(), conformance.StorePrefix) {
		t.Errorf("Check of a store that deletes nothing: %v, want what is left "+
			"and where", err)
	}
	if r == nil || r.OK() {
		t.Errorf("Check of a store that deletes nothing: %+v", r)
	}
}

// TestServerFaults: a case in ServerFaults must fail, like a known one.
func TestServerFaults(t *testing.T) {
	broken := conformance.Harness{New: func(conformance.T) files.Bucket {
		return driver.New(&faulty{
			mapBackend: newMap(),
			del:        func(driver.Key, files.Version, *mapBackend) error { return nil },
		})
	}}
	sound := conformance.Harness{New: func(conformance.T) files.Bucket {
		return driver.New(newMap())
	}}
	const id, proof = "D1/only-that", "issue 17 of the server; the replayed exchange passes"
	for _, c := range []struct {
		what          string
		h             conformance.Harness
		known, server bool
		want          conformance.Outcome
		says          string
	}{
		{"a fault of the server's", broken, false, true, conformance.ServerFault, proof},
		{"a known failure", broken, true, false, conformance.KnownFailure, proof},
		{"a fault that nobody knew of", broken, false, false, conformance.Failed, ""},
		{"a fault that is fixed", sound, false, true, conformance.Failed, "but it passed"},
		{"a race of the server's that is lost", withRace(broken, id,
			proof), false, false, conformance.ServerFault, proof},
		{"a race of the server's that is won", withRace(sound, id,
			proof), false, false, conformance.Passed, ""},
		{"a known failure that is fixed", sound, true, false, conformance.Failed, "but it passed"},
	} {
		if c.known {
			c.h.Known = map[string]string{id: proof}
		}
		if c.server {
			c.h.ServerFaults = map[string]string{id: proof}
		}
		r, err := conformance.Check(t.Context(), c.h,
			&conformance.CheckOptions{Pattern: "^" + id + "$"})
		if err != nil || len(r.Cases) != 1 {
			t.Fatalf("Check of %s: %v, %+v, want one case", c.what, err, r)
		}
		got := r.Cases[0]
		if got.Outcome != c.want || !strings.Contains(got.Reason+fmt.Sprint(got.Failures),
			c.says) || r.OK() == (c.want == conformance.Failed) {
			t.Errorf("%s: %+v, OK is %v; want it %s, with %q", c.what, got, r.OK(), c.want, c.says)
		}
	}
}

// withRace puts the case into ServerRaces.
func withRace(h conformance.Harness, id, proof string) conformance.Harness {
	h.ServerRaces = map[string]string{id: proof}
	return h
}
