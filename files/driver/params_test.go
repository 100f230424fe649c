package driver_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestParams tries each kind of parameter at both sides of each limit: the error for a
// malformed one has its name, and one that isn't given has the default.
func TestParams(t *testing.T) {
	type params = *driver.Params
	integer := func(p params) any { return p.Int("x", 7, 2, 5) }
	mode := func(p params) any { return p.Mode("x", 0o700) }
	duration := func(p params) any { return p.Duration("x", time.Hour) }
	truth := func(p params) any { return p.Bool("x", true) }
	text := func(p params) any { return p.String("x", "default") }
	choice := func(p params) any { return p.Enum("x", "one", "two", "three") }
	for _, c := range []struct {
		query string
		read  func(params) any
		want  any // nil if it is malformed
	}{
		{"", integer, int64(7)},
		{"x=2", integer, int64(2)},
		{"x=5", integer, int64(5)},
		{"x=1", integer, nil},
		{"x=6", integer, nil},
		{"x=", integer, nil},
		{"x=3.0", integer, nil},
		{"x=010", integer, nil}, // ten, not eight
		{"x=04", integer, int64(4)},
		{"", mode, uint32(0o700)},
		{"x=0755", mode, uint32(0o755)},
		{"x=0777", mode, uint32(0o777)},
		{"x=01000", mode, nil},
		{"x=0888", mode, nil},
		{"", duration, time.Hour},
		{"x=1ns", duration, time.Nanosecond},
		{"x=30s", duration, 30 * time.Second},
		{"x=0s", duration, nil},
		{"x=-1s", duration, nil},
		{"x=30", duration, nil},
		{"", truth, true},
		{"x=false", truth, false},
		{"x=0", truth, false},
		{"x=T", truth, true},
		{"x=yes", truth, nil},
		{"", text, "default"},
		{"x=", text, ""},
		{"x=a%26b", text, "a&b"},
		{"", choice, "one"},
		{"x=one", choice, "one"},
		{"x=three", choice, "three"},
		{"x=", choice, nil},
		{"x=Two", choice, nil},
	} {
		u, err := url.Parse("scheme://bucket?" + c.query)
		if err != nil {
			t.Fatal(err)
		}
		p := driver.NewParams(u)
		got := c.read(p)
		switch {
		case c.want != nil && (p.Err() != nil || got != c.want):
			t.Errorf("%q is %v, %v, want %v", c.query, got, p.Err(), c.want)
		case c.want == nil && (!errors.Is(p.Err(), files.ErrInvalid) ||
			!strings.Contains(p.Err().Error(), `parameter "x" is malformed; want `)):
			t.Errorf("%q is %v, %v, want ErrInvalid", c.query, got, p.Err())
		}
	}
}

// TestParamsFirstError: the error names the first malformed parameter.
func TestParamsFirstError(t *testing.T) {
	u, err := url.Parse("scheme://bucket?a=x&b=y")
	if err != nil {
		t.Fatal(err)
	}
	p := driver.NewParams(u)
	p.Int("b", 0, 123, 4567)
	p.Bool("a", false)
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), `"b"`) ||
		!strings.Contains(err.Error(), "a whole number from 123 to 4567") {
		t.Errorf("%v does not name b", err)
	}
}
