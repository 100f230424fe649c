package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// TestSoakFileSystems is TestSoak on other kinds of file systems; on FUSE only with
// CLOUDFILES_SOAK.
//
// It found three faults:
//
//   - A committed file was truncated, and the Put was ErrUncertain. A program that
//     truncates a staged file looks it up by its name before it is moved, and waits for
//     its guard, a read lease, which FUSE has. The move is a message to a program, so
//     there is time for that, and no exchange to undo it with (twin.go).
//
//   - The note about a disk had a limit of names that was too short, since the trial
//     took a file that was removed for a name that was refused. So names were escaped
//     that handles after a later trial listed as foreign (probe.go).
//
//   - A sidecar was listed as a file, because it was missing for a moment when the
//     listing checked whether it is one (walk_stat.go).
func TestSoakFileSystems(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Btrfs, mounts.XFS} {
		t.Run(string(kind), func(t *testing.T) {
			soak(t, inMount(t, kind), soakRounds(t, longtest.N(t, 1, 2)))
		})
	}
	if os.Getenv(soakEnv) == "" {
		return
	}
	owned := mounts.Flags("uid=" + strconv.Itoa(soakUser) + ",gid=" + strconv.Itoa(soakUser))
	for _, kind := range []mounts.Kind{mounts.NTFS3G, mounts.ExfatFuse} {
		t.Run(string(kind), func(t *testing.T) {
			soak(t, inMount(t, kind, owned), soakRounds(t, 1))
		})
	}
}

// inMount makes a folder in a new file system.
func inMount(t *testing.T, kind mounts.Kind, opts ...mounts.Option) string {
	t.Helper()
	dir := filepath.Join(mounts.New(t, kind, opts...), "bucket")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// listingsEnv sets the number of listings on each file system.
const listingsEnv = "CLOUDFILES_LISTINGS"

// A name that exists all the while is in every listing (L4), also on a file system
// where replacing a file moves its name in the folder, so that a reading of the folder
// may lack it.
//
// CLOUDFILES_LISTINGS=1000000 makes a million listings of each small folder, and a
// thirtieth as many of each large one.
func TestListedBesideReplacing(t *testing.T) {
	for _, kind := range []mounts.Kind{
		mounts.Btrfs, mounts.Ext4, mounts.XFS, mounts.Tmpfs, mounts.Overlay,
	} {
		many := kind == mounts.Btrfs || kind == mounts.Overlay
		for _, names := range []int{100, 3000} {
			t.Run(fmt.Sprintf("%s/%d", kind, names), func(t *testing.T) {
				if names > 100 && !many {
					longtest.Only(t, "thousands of files on one more file system")
				}
				listBesideReplacing(t, inMount(t, kind), names)
			})
		}
	}
}

func listBesideReplacing(t *testing.T, dir string, names int) {
	t.Helper()
	most, limit := 1<<40, time.Duration(longtest.N(t, 200, 500))*time.Millisecond
	if text, ok := os.LookupEnv(listingsEnv); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("%s=%s is not a number of listings", listingsEnv, text)
		}
		most, limit = max(1, n*100/names), 24*time.Hour
	}
	b := openBucket(t, dir, noSync)
	var all []string
	for i := range names {
		all = append(all, fmt.Sprintf("f%05d", i))
		putIn(t, b, all[i], "old", nil)
	}
	ctx, stop := context.WithCancel(t.Context())
	var replaced atomic.Int64
	replacers := make(chan error, 1)
	go func() {
		replacers <- inParallel(2, func(w int) error {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for ctx.Err() == nil {
				if _, err := files.PutString(ctx, b, all[rng.IntN(names)], "new",
					nil); err != nil && ctx.Err() == nil {
					return err
				}
				replaced.Add(1)
			}
			return nil
		})
	}()
	listings, lacking, end := 0, 0, time.Now().Add(limit)
	for ; listings < most && time.Now().Before(end); listings++ {
		if missing := missingOf(ctx, t, b, all); len(missing) > 0 {
			if lacking++; lacking < 5 {
				t.Errorf("listing %d lacks %d names: %.100s", listings, len(missing),
					strings.Join(missing, " "))
			}
		}
	}
	stop()
	if err := <-replacers; err != nil {
		t.Errorf("%v, want nil", err)
	}
	t.Logf("%d of %d listings lacked a name; %d replaced", lacking, listings, replaced.Load())
	if listings == 0 || replaced.Load() == 0 {
		t.Errorf("%d listings and %d replacements, want both", listings, replaced.Load())
	}
}

// missingOf lists the bucket and returns the names that the listing lacks. A name that
// comes twice fails the test.
func missingOf(ctx context.Context, t *testing.T, b files.Bucket, all []string) (missing []string) {
	t.Helper()
	last, rest := "", all
	for e, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name <= last {
			t.Fatalf("%q comes after %q", e.Name, last)
		}
		last = e.Name
		for len(rest) > 0 && rest[0] < e.Name {
			missing, rest = append(missing, rest[0]), rest[1:]
		}
		if len(rest) > 0 && rest[0] == e.Name {
			rest = rest[1:]
		}
	}
	return append(missing, rest...)
}
