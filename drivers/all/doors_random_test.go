package all

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/mount"
)

// doorStores are the stores whose results are compared with memory's. What a server does
// otherwise than the service is left out.
var doorStores = map[string]struct {
	store func(t *testing.T) string
	// smallOnly: Azurite takes the blocks that a refused upload or copy left for a file,
	// and then refuses a Put with IfAbsent.
	smallOnly bool
	// plain: fake-gcs-server ignores the conditions of copies and deletes, keeps
	// attributes that a copy replaces, and returns all prefixes on each page of a shallow
	// listing.
	plain bool
}{
	"folder":    {store: newFolder},
	"versitygw": {store: storeOf(testserver.Versitygw)},
	"minio": {store: func(t *testing.T) string {
		return storeOf(testserver.Minio)(t) + "&store=minio"
	}},
	"fake-gcs-server": {
		store: storeOf(testserver.FakeGCS),
		plain: true,
	},
	"azurite": {
		store:     storeOf(testserver.Azurite),
		smallOnly: true,
	},
}

// TestDoorsOfStores makes random calls of the functions that read and change files, on a
// bucket of each store and on memory, and compares the results. The suite's X1/model does
// so for the methods of Bucket, and this test for the functions and packages around them.
// CLOUDFILES_SEED makes other calls.
func TestDoorsOfStores(t *testing.T) {
	calls := longtest.N(t, 40, 400)
	seed := doorSeed(t)
	for name, c := range doorStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := files.Open(t.Context(), c.store(t))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			d := newDoors(t, rand.New(rand.NewPCG(seed, 0)), b)
			d.smallOnly, d.plain = c.smallOnly, c.plain
			d.callAll(calls, seed)
		})
	}
}

// TestDoorsOfLayers is TestDoorsOfStores with each layer over memory.
func TestDoorsOfLayers(t *testing.T) {
	calls := longtest.N(t, 40, 300)
	seed := doorSeed(t)
	for _, l := range append(stackLayers, stackLayer{name: "mount of d", wrap: mountOfD}) {
		if l.name == "readonly" {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			b, err := l.wrap(mem.New(nil))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			newDoors(t, rand.New(rand.NewPCG(seed, 0)), b).callAll(calls, seed)
		})
	}
}

// mountOfD stores what is in the directory d in a bucket of its own.
func mountOfD(b files.Bucket) (files.Bucket, error) {
	return mount.New(map[string]files.Bucket{"": b, "d": mem.New(nil)})
}

// doorSeed returns the seed of the environment, or 1: what an emulator does otherwise than
// its service would fail a run at random.
func doorSeed(t *testing.T) uint64 {
	text := os.Getenv("CLOUDFILES_SEED")
	if text == "" {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// doors makes calls on two buckets.
type doors struct {
	t     *testing.T
	r     *rand.Rand
	b     [2]files.Bucket             // the store and memory
	old   [2]map[string]files.Version // remembered
	now   [2]map[string]files.Version
	f     files.Features // of the store
	names []string
	dirs  []string
	done  []string

	smallOnly, plain bool
}

func newDoors(t *testing.T, r *rand.Rand, b files.Bucket) *doors {
	memory := mem.New(&mem.Options{VersionPerPut: b.Features().VersionPerPut})
	t.Cleanup(func() { memory.Close() })
	d := &doors{
		t:     t,
		r:     r,
		b:     [2]files.Bucket{b, memory},
		old:   [2]map[string]files.Version{{}, {}},
		now:   [2]map[string]files.Version{{}, {}},
		f:     b.Features(),
		names: []string{"a", "b", "b-", "d/a", "d/a.txt", "d/b/c", "d-/x", "d/é", "p q.html"},
		dirs:  []string{"", "d", "d/b", "none"},
	}
	if d.f.DirBesideFile {
		d.names = append(d.names, "a/b", "d/a/x")
		d.dirs = append(d.dirs, "a")
	}
	return d
}

// callAll makes n calls, or fewer if one differs.
func (d *doors) callAll(n int, seed uint64) {
	for range n {
		if d.call(); d.t.Failed() {
			d.t.Fatalf("CLOUDFILES_SEED=%d repeats these calls:\n%s", seed,
				strings.Join(d.done, "\n"))
		}
	}
}

// call makes one random call on both buckets and compares what it returns, and then
// what the buckets hold.
func (d *doors) call() {
	door := doorCalls[d.r.IntN(len(doorCalls))](d)
	if door.run == nil {
		return
	}
	d.done = append(d.done, fmt.Sprintf("%d: %s", len(d.done)+1, door.text))
	var got [2]string
	for i := range d.b {
		got[i] = door.run(d.b[i], d.old[i])
	}
	if got[0] != got[1] {
		d.t.Errorf("%s: got %s, memory has %s", door.text, got[0], got[1])
	}
	for i := range d.b {
		clear(d.now[i])
		got[i] = d.state(i)
	}
	d.remember()
	if got[0] != got[1] {
		d.t.Errorf("after %s the bucket has\n%s\nand memory\n%s", door.text, got[0], got[1])
	}
}

// remember keeps the present versions at times, for conditions. A copy of the same bytes
// may have the same version or a new one, so a version is forgotten if it has become
// stale in one of the buckets only.
func (d *doors) remember() {
	for name := range d.old[0] {
		if (d.old[0][name] == d.now[0][name]) != (d.old[1][name] == d.now[1][name]) {
			delete(d.old[0], name)
			delete(d.old[1], name)
		}
	}
	if len(d.done)%3 == 0 {
		for i := range d.b {
			maps.Copy(d.old[i], d.now[i])
		}
	}
}

// state describes all files of the bucket.
func (d *doors) state(i int) string {
	var all strings.Builder
	ctx := d.t.Context()
	for e, err := range d.b[i].List(ctx, "", nil) {
		if err != nil {
			return err.Error()
		}
		info, err := d.b[i].Stat(ctx, e.Name, nil)
		if err != nil {
			return err.Error()
		}
		if e.Size != info.Size || e.Version != "" && e.Version != info.Version {
			return fmt.Sprintf("%s is listed as %+v, and Stat has %+v", e.Name, e, info.Entry)
		}
		d.now[i][e.Name] = info.Version
		fmt.Fprintf(&all, "%s %s\n", e.Name, infoText(info))
	}
	return all.String()
}

// infoText returns what must be the same on every store.
func infoText(i files.Info) string {
	return fmt.Sprintf("%d %q %q %q %v", i.Size, i.ContentType, i.CacheControl, i.ContentLanguage,
		i.Metadata)
}
