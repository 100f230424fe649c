package cases

import (
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
)

var versionsTimesCases = []suite.Case{
	{
		Rule: "V2",
		Name: "utc-and-cut",
		Why:  "times must be in UTC, and truncated alike wherever they are returned",
		Run:  timesCut,
	},
	{
		Rule: "V2",
		Name: "time-never-goes-back",
		Why:  "the time of a file that is put again must not be earlier than before",
		Run:  timesForward,
	},
}

func timesCut(t suite.T, h *suite.H) {
	res := h.F.TimeResolution
	verify := func(what string, m time.Time) {
		switch {
		case m.IsZero():
		case m.Location() != time.UTC:
			t.Errorf("%s is in %v, want UTC", what, m.Location())
		case res > 0 && !m.Equal(m.Truncate(res)):
			t.Errorf("%s is %v, finer than Features().TimeResolution = %v", what, m, res)
		}
	}
	for i := range 5 {
		info := check.Put(t, h, "a", check.Content(i, 32), nil)
		verify("Put's ModTime", info.ModTime)
		s := check.Stat(t, h, "a")
		verify("Stat's ModTime", s.ModTime)
		_, g := check.Get(t, h, "a", nil)
		check.Same(t, "Get's ModTime", g.ModTime, s.ModTime)
		if !info.ModTime.IsZero() {
			check.Same(t, "Put's ModTime, against Stat's", info.ModTime, s.ModTime)
		}
		for e := range h.List(t.Context(), "", nil) {
			verify("the entry's ModTime", e.ModTime)
			check.Same(t, "the entry's ModTime, against Stat's", e.ModTime, s.ModTime)
		}
	}
}

func timesForward(t suite.T, h *suite.H) {
	var last time.Time
	for i := range 20 {
		check.Put(t, h, "a", check.Content(i, 32), nil)
		m := check.Stat(t, h, "a").ModTime
		if m.Before(last) {
			t.Errorf("rewrite %d has the time %v, before that of the one before, %v", i, m, last)
		}
		last = m
	}
}
