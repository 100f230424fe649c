package filestest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/retry"
)

// TestErrorsThatNoDriverGives fail the test, unless the fake is told to allow them.
func TestErrorsThatNoDriverGives(t *testing.T) {
	o := observe(t)
	b := filestest.New(o, filestest.As(filestest.S3))
	b.On(files.OpPut, "").Fail(files.ErrNotExist).Stop()
	b.On(files.OpStat, "").Fail(files.ErrNotModified).Stop()
	b.On(files.OpGet, "").Fail(errors.New("odd")).Stop()
	b.On(files.OpGet, "").Fail(files.ErrNotModified).Stop()
	b.On(files.OpPut, "").Fail(files.ErrTooLarge).Stop()
	o.want(t,
		"the driver of S3 never returns ErrNotExist from put",
		"the driver of S3 never returns ErrNotModified from stat",
		"the driver of S3 never returns an error that is none of the sentinels from get")
	o = observe(t)
	b = filestest.New(o, filestest.AnyError())
	b.On(files.OpPut, "").Fail(files.ErrNotExist).Stop()
	o.want(t)
}

// TestLastWord: an injected failure of a service is not repeated by a layer above, as a
// driver's isn't; a bare one is, and so is a disk's.
func TestLastWord(t *testing.T) {
	for _, c := range []struct {
		p        filestest.Personality
		bare     bool
		calls    int
		attempts int
	}{
		{filestest.S3, false, 1, retry.DefaultAttempts},
		{filestest.S3, true, 2, 0},
		{filestest.Disk, false, 2, 0},
	} {
		b := filestest.New(t, filestest.As(c.p))
		b.FillTree(t, filestest.Tree{"a": "x"})
		r := b.On(files.OpStat, "a").Nth(1).Fail(files.ErrUnavailable)
		if c.bare {
			r.Bare()
		}
		_, err := retry.Wrap(b, &retry.Policy{Delay: 1}).Stat(t.Context(), "a", nil)
		if n := len(b.Calls()); n != c.calls || retry.Attempts(err) != c.attempts {
			t.Errorf("%s, bare %v: %d calls and %d attempts, want %d and %d: %v", c.p, c.bare, n,
				retry.Attempts(err), c.calls, c.attempts, err)
		}
	}
}

// TestLimitOfExpiry: signed URLs work as long as the service lets them, and no longer.
func TestLimitOfExpiry(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		p     filestest.Personality
		limit bool
	}{
		{filestest.Clouds, true},
		{filestest.S3, true},
		{filestest.GCS, true},
		{filestest.Azure, false},
	} {
		b := filestest.New(t, filestest.As(c.p))
		_, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{Expiry: week})
		_, over := files.SignURL(t.Context(), b, "a", &files.SignOptions{Expiry: week + 1e9})
		if err != nil || c.limit != (files.KindOf(over) == files.ErrInvalid) ||
			!c.limit && over != nil {
			t.Errorf("%s: signing for a week: %v, and for a second more: %v", c.p, err, over)
		}
	}
}

// TestOnlyFakes: an Open of anything else is named and fails the test, until it ends.
func TestOnlyFakes(t *testing.T) {
	o := observe(t)
	filestest.OnlyFakes(o)
	b := filestest.New(o)
	if _, err := files.Open(t.Context(), b.URL()); err != nil {
		t.Error(err)
	}
	o.want(t)
	_, err := files.Open(t.Context(), "mem://")
	if files.KindOf(err) != files.ErrPermission || !strings.Contains(err.Error(), "TestObserved") {
		t.Errorf("Open: %v", err)
	}
	o.want(t, "a URL of the scheme mem was opened at filestest/limits_test.go:")
	o.end()
	if _, err := files.Open(t.Context(), "mem://"); err != nil {
		t.Errorf("after the test: %v", err)
	}
}
