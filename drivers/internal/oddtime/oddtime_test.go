package oddtime_test

import (
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddtime"
)

// TestParse: every form that stores use is parsed to the same time, and a string that
// isn't a time is refused.
func TestParse(t *testing.T) {
	want := time.Date(2022, 10, 12, 17, 50, 0, 0, time.UTC)
	for _, s := range []string{
		"Wed, 12 Oct 2022 17:50:00 GMT", "Wed, 12 Oct 2022 17:50:00 +0000",
		"Wednesday, 12-Oct-22 17:50:00 GMT", "Wed Oct 12 17:50:00 2022", "2022-10-12T17:50:00Z",
		"2022-10-12T17:50:00.000Z", "2022-10-12T19:50:00+02:00", "2022-10-12T17:50:00+0000",
		"2022-10-12T17:50:00", "2022-10-12 17:50:00", "2022-10-12 17:50:00Z",
		"2022-10-12 17:50:00 UTC", "2022-10-12 17:50:00 +0000 UTC", " 2022-10-12 17:50:00\n",
	} {
		if got, ok := oddtime.Parse(s); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v and true", s, got, ok, want)
		}
	}
	for _, s := range []string{
		"", "soon", "0", "0000-00-00 00:00:00", "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
	} {
		if got, ok := oddtime.Parse(s); ok {
			t.Errorf("Parse(%q) = %v, want no time", s, got)
		}
	}
}

// FuzzParse: a time that Parse accepts is in UTC and between the years 1 and 9999.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"2026-01-02T03:04:05Z", "2022-10-12 17:50:00", "Fri, 02 Jan 2026 03:04:05 GMT", "+0000", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := oddtime.Parse(s)
		if ok && (got.Year() < 1 || got.Year() > 9999 || got.Location() != time.UTC) {
			t.Errorf("%q is %v", s, got)
		}
	})
}
