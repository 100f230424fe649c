package cases

import (
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var versionsTimesNowCases = []suite.Case{
	{
		Rule: "V2",
		Name: "near-now",
		Why: "a file's time must be that of the last Put: backups, caches and clean-ups " +
			"depend on it",
		Run: timesNearNow,
	},
	{
		Rule: "V2",
		Name: "as-fine-as-told",
		Why:  "TimeResolution must be that of the least precise time: programs compare times by it",
		Run:  timesAsFine,
	},
}

const (
	// clockSkew is how far the store's clock may be off: services refuse signed
	// requests beyond that. Every time zone's offset is larger.
	clockSkew = 15 * time.Minute
	// coarsest is the largest resolution for which the suite waits for the next time.
	coarsest = 2 * time.Second
)

// timesNearNow puts, copies and moves over older files, after the clock has advanced by
// more than the bucket's resolution.
func timesNearNow(t suite.T, h *suite.H) {
	res := h.F.TimeResolution
	first := map[string]time.Time{}
	near := func(what, name string) time.Time {
		t.Helper()
		m := check.Stat(t, h, name).ModTime
		now := time.Now()
		switch {
		case m.IsZero() && res > 0:
			t.Errorf("there is no time after %s, but the bucket has a TimeResolution", what)
		case m.IsZero():
		case m.Before(now.Add(-clockSkew - res)), m.After(now.Add(clockSkew)):
			t.Errorf("the time after %s is %v, at %v: want that of the last change of the "+
				"content, and clocks may differ by %v", what, m, now.UTC(), clockSkew)
		}
		return m
	}
	for _, name := range []string{"over", "same", "src", "dst", "from", "moved"} {
		check.Put(t, h, name, []byte(name), nil)
		first[name] = near("a Put", name)
	}
	later := res > 0 && res <= coarsest && (res < time.Second || !h.Runner.Short)
	if later {
		timer := time.NewTimer(res + res/5 + time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.Context().Done():
			return
		}
	}
	after := func(what, name string, info files.Info, others ...string) {
		t.Helper()
		m := near(what, name)
		if !info.ModTime.IsZero() {
			check.Same(t, "time in the Info of "+what+", against Stat's", info.ModTime, m)
		}
		_, g := check.Get(t, h, name, nil)
		check.Same(t, "Get's time after "+what+", against Stat's", g.ModTime, m)
		for _, other := range others {
			if later && !m.After(first[other]) {
				t.Errorf("the time after %s is %v, as of the file before, put at "+
					"%v: want that of the change", what, m, first[other])
			}
		}
	}
	info := check.Put(t, h, "over", []byte("other content"), nil)
	after("a Put over a file", "over", info, "over")
	info = check.Put(t, h, "same", []byte("same"), nil)
	after("a Put of the same content", "same", info, "same")
	after("a copy", "new", cp(t, h.Bucket, "new", "src", nil), "src")
	after("a copy over a file", "dst", cp(t, h.Bucket, "dst", "src", nil), "src", "dst")
	check.Same(t, "the source's time after copies", check.Stat(t, h, "src").ModTime, first["src"])
	if h.F.DeleteIfVersion {
		info = mv(t, h, "moved", "from", nil)
		after("a move over a file", "moved", info, "from", "moved")
	}
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		check.Same(t, "time of the entry "+e.Name+", against Stat's", e.ModTime,
			check.Stat(t, h, e.Name).ModTime)
	}
}

// timesAsFine puts until a time is one that a less precise clock doesn't have.
func timesAsFine(t suite.T, h *suite.H) {
	res := h.F.TimeResolution
	if res <= 0 || res >= time.Second {
		t.Skipf("the bucket's times are no finer than seconds")
	}
	coarse := time.Second
	if res <= time.Microsecond {
		coarse = time.Millisecond
	}
	tick := time.NewTicker(res + time.Millisecond)
	defer tick.Stop()
	var m time.Time
	for range 30 {
		check.Put(t, h, "a", []byte("x"), nil)
		if m = check.Stat(t, h, "a").ModTime; !m.Equal(m.Truncate(coarse)) {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			return
		}
	}
	t.Errorf("the times of 30 Puts are multiples of %v, the last of them %v, and "+
		"Features().TimeResolution is %v: want that of the least precise time", coarse, m, res)
}
