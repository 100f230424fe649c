package etag

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
)

func TestVersion(t *testing.T) {
	for in, want := range map[string]files.Version{
		"":      "",
		`"1"`:   "1",
		"1":     "1",
		`"a-2"`: "a-2",
		`W/"1"`: `W/"1"`,
		`W/"1`:  `W/"1`, // not an ETag, so its letters are kept
	} {
		if got := Version(in); got != want {
			t.Errorf("Version(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b files.Version
		want bool
	}{
		{"1", "1", true},
		{"1", `W/"1"`, true},
		{`W/"1"`, `W/"1"`, true},
		{"1", "2", false},
		{`W/"1"`, `W/"2"`, false},
		{"", "", false},
		{"", "1", false},
	} {
		if Same(c.a, c.b) != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("Same(%s, %s) = %v, want %v", c.a, c.b, !c.want, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	const v = files.Version("1")
	for _, c := range []struct {
		is, isNot, got files.Version
		want           error
	}{
		{v, "", v, nil},
		{v, "", "2", files.ErrPrecondition},
		{v, "", "", errors.ErrUnsupported},
		{v, "", `W/"1"`, errors.ErrUnsupported},
		{`W/"1"`, "", `W/"1"`, errors.ErrUnsupported},
		{v, "", `W/"2"`, files.ErrPrecondition},
		{"", v, v, files.ErrNotModified},
		{"", v, `W/"1"`, files.ErrNotModified},
		{"", v, "2", nil},
		{"", "", "2", nil},
	} {
		if err := Compare(c.is, c.isNot, c.got); !errors.Is(err, c.want) {
			t.Errorf("Compare(%q, %q, %q) = %v, want %v", c.is, c.isNot, c.got, err, c.want)
		}
	}
}
