package filestest_test

import (
	"net/url"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestTimesAlike: every call cuts times alike, to what Features say, and only Put and
// Copy move them.
func TestTimesAlike(t *testing.T) {
	ctx := t.Context()
	for _, p := range personalities {
		b := filestest.New(t, filestest.As(p))
		at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)
		b.Clock.Set(at)
		check := func(what string, got time.Time, err error) {
			t.Helper()
			if want := at.Truncate(b.Features().TimeResolution); err != nil || !got.Equal(want) {
				t.Errorf("%s, %s: %v, %v, want %v", p, what, got, err, want)
			}
		}
		all := func() {
			t.Helper()
			info, err := b.Stat(ctx, "a", nil)
			check("Stat", info.ModTime, err)
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			check("Get", r.Info().ModTime, r.Close())
			for e, err := range b.List(ctx, "", &files.ListOptions{Prefix: "a"}) {
				check("List", e.ModTime, err)
			}
		}
		info, err := files.PutString(ctx, b, "a", "x", nil)
		if !info.ModTime.IsZero() {
			check("Put", info.ModTime, err)
		}
		info, err = files.Copy(ctx, b, "copy", b, "a", &files.CopyOptions{FullInfo: true})
		check("Copy", info.ModTime, err)
		all()
		b.Clock.Advance(time.Hour + time.Millisecond)
		put(t, b, "other", "x")
		sign(t, b, "a", files.SignOptions{})
		s := b.Snapshot()
		if err := b.Delete(ctx, "other", nil); err != nil {
			t.Error(err)
		}
		if _, err := files.PutString(ctx, b, "a", "y", &files.PutOptions{
			If: files.IfAbsent(),
		}); err == nil {
			t.Error("a file was replaced against a condition")
		}
		all() // as it was
		at = b.Clock.Now()
		put(t, b, "a", "x")
		all()
		at = at.Add(time.Minute)
		b.Clock.Set(at)
		if _, err := files.UpdateAttributes(ctx, b, "a", func(a *files.Attributes) error {
			a.CacheControl = "no-store"
			return nil
		}, nil); err != nil {
			t.Error(err)
		}
		all()
		b.Restore(t, s) // stores "a" anew
		all()
	}
}

// TestDifferencesHaveSources: each difference has a date and an address.
func TestDifferencesHaveSources(t *testing.T) {
	n := 0
	for _, p := range personalities {
		for _, d := range p.Differences() {
			n++
			u, err := url.Parse(d.Source)
			_, derr := time.Parse(time.DateOnly, d.Date)
			if err != nil || u.Scheme != "https" || derr != nil || d.What == "" {
				t.Errorf("%s: the difference %q: %v, %v, want a source and a date", p, d, err, derr)
			}
		}
	}
	if n < 15 {
		t.Errorf("there are %d differences", n)
	}
}
