package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestListing: random listings over three members, with equal, interleaved and masked
// names, are those of one bucket.
func TestListing(t *testing.T) {
	parts := []string{"a", "b", "b-", "c", "é", "~"}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 13))
		pick := func(n int) string {
			s := make([]string, 1+rng.IntN(n))
			for i := range s {
				s[i] = parts[rng.IntN(len(parts))]
			}
			return strings.Join(s, "/")
		}
		members, one := []files.Bucket{mem.New(nil), mem.New(nil), mem.New(nil)}, mem.New(nil)
		b := over(t, white, members...)
		for i := range members {
			for range 12 {
				name := pick(3)
				put(t, members[2-i], name, fmt.Sprint("of ", 2-i))
				put(t, one, name, fmt.Sprint("of ", 2-i))
			}
		}
		for range 10 {
			name := pick(3)
			for _, b := range []files.Bucket{b, one} {
				if err := b.Delete(t.Context(), name, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 100 {
			o := files.ListOptions{
				Shallow:   rng.IntN(2) == 0,
				PageSize:  rng.IntN(4),
				Limit:     rng.IntN(6),
				NamesOnly: rng.IntN(2) == 0,
			}
			dir := ""
			if rng.IntN(2) == 0 {
				dir = pick(2)
			}
			if rng.IntN(3) == 0 {
				o.Prefix = parts[rng.IntN(len(parts))]
			}
			if rng.IntN(2) == 0 {
				o.StartAfter = pick(3) + []string{"", "/"}[rng.IntN(2)]
			}
			got, want := names(t, b, dir, &o), names(t, one, dir, &o)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, List(%q, %+v):\n got %q\nwant %q", seed, dir, o, got, want)
			}
		}
		for _, name := range names(t, one, "", nil) {
			want, _ := files.ReadString(t.Context(), one, name, nil)
			has(t, b, name, want)
		}
	}
}

// TestRaces: of many conditional Puts over a lower file, a whiteout or nothing, one
// succeeds, and a Delete that came first is not undone. The first member gets the
// content's size and can rewind it.
func TestRaces(t *testing.T) {
	var arrived atomic.Int64
	upper, lower := mem.New(nil), mem.New(nil)
	put(t, lower, "lower", "1")
	put(t, lower, "masked", "1")
	b := over(t, white, files.Wrap(upper, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			_, seeks := c.Content.(io.Seeker)
			if c.Op == files.OpPut && seeks && c.Put.Size != nil && *c.Put.Size == 3 {
				arrived.Add(1)
			}
			return next(ctx)
		},
	}), lower)
	is(t, b.Delete(t.Context(), "masked", nil), nil)
	info, err := b.Stat(t.Context(), "lower", nil)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(3)
	for name, c := range map[string]files.Condition{
		"lower":  files.IfVersion(info.Version),
		"masked": files.IfAbsent(),
		"none":   files.IfAbsent(),
	} {
		var wins atomic.Int64
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				_, err := b.Put(t.Context(), name, strings.NewReader(fmt.Sprint("ab", i)),
					&files.PutOptions{If: c, Size: &size})
				switch {
				case err == nil:
					wins.Add(1)
				case c.Absent() && !errors.Is(err, files.ErrExist),
					!c.Absent() && !errors.Is(err, files.ErrPrecondition):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			t.Errorf("%s: %d Puts succeeded, want 1", name, wins.Load())
		}
	}
	if arrived.Load() == 0 {
		t.Error("no Put arrived with its size and a content that can seek")
	}
	put(t, lower, "gone", "1")
	info, err = b.Stat(t.Context(), "gone", nil)
	is(t, err, nil)
	is(t, b.Delete(t.Context(), "gone", nil), nil)
	_, err = files.PutString(t.Context(), b, "gone", "x",
		&files.PutOptions{If: files.IfVersion(info.Version)})
	is(t, err, files.ErrPrecondition)
	has(t, b, "gone", "")
}
