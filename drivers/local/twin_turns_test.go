package local

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A twin that was lost or changed before it was moved is followed by another, at most
// maxTwins in all. Any other error ends the move at once.
func TestTwinAfterTwin(t *testing.T) {
	for _, c := range []struct {
		err   error
		again bool
	}{
		{errTouched, true},
		{errStageLost, true},
		{errUnprepared, true},
		{errRetry, true},
		{fs.ErrNotExist, true},
		{syscall.EIO, false},
		{errOtherMount, false},
		{driver.WithCause(files.ErrUncertain, syscall.EIO, ""), false},
		{nil, false},
	} {
		for _, first := range []int{0, 3, maxTwins - 1} {
			for _, last := range []int{first + 2, 2 * maxTwins} { // the turn that succeeds
				var turns, want []int
				err := twins(first, func(turn int) error {
					if turns = append(turns, turn); turn == last {
						return nil
					}
					return c.err
				})()
				failure := c.err
				for turn := first + 1; turn <= maxTwins && (c.again || turn == first+1); turn++ {
					if want = append(want, turn); turn == last {
						failure = nil
						break
					}
				}
				if !slices.Equal(turns, want) || !errors.Is(err, failure) {
					t.Errorf("twins after turn %d, with %v until turn %d = %v in turns %v, "+
						"want %v in %v", first, c.err, last, err, turns, failure, want)
				}
			}
		}
	}
}

// Only on FUSE, where no two names can be exchanged, does a file that is guarded have
// twins, and no more than maxTwins. A file whose birth is known would get another
// version, and one without a record couldn't be recognized.
func TestWhichFilesHaveTwins(t *testing.T) {
	guarded := guard{f: &hookFile{}}
	for _, c := range []struct {
		kind fsys.Kind
		g    guard
		turn int
		want bool
	}{
		{fsys.FUSE, guarded, 0, true},
		{fsys.FUSE, guarded, maxTwins - 1, true},
		{fsys.FUSE, guarded, maxTwins, false},
		{fsys.FUSE, guard{}, 0, false},
		{fsys.Tmpfs, guarded, 0, false},
	} {
		b := &backend{}
		b.disk.kind = c.kind
		if got := b.hasTwins(c.g, c.turn); got != c.want {
			t.Errorf("hasTwins on %v with a guard: %v, in turn %d = %v, want %v", c.kind,
				c.g.f != nil, c.turn, got, c.want)
		}
		for _, st := range []*staged{{}, {bare: true}, {id: fsys.Stat{Birth: 1}}} {
			again := b.again(t.Context(), st, &filePaths{}, nil, "", c.g, c.turn)
			want := c.want && !st.bare && st.id.Birth == 0
			if (again != nil) != want {
				t.Errorf("again makes twins of a file that is bare: %v, born at %d: %v, want %v",
					st.bare, st.id.Birth, again != nil, want)
			}
		}
	}
}
