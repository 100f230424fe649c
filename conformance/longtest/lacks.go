package longtest

import (
	"os"
	"strconv"
)

// Skipper is the part of a test that Lacks uses; *testing.T implements it, and so does
// conformance.T.
type Skipper interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Lacks skips the test, because this machine lacks something that the test needs. In CI,
// whose machine has everything that tests need, the test fails instead.
func Lacks(t Skipper, format string, args ...any) {
	t.Helper()
	if InCI() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// InCI reports whether CI is set, so that nothing may be missing. A value that isn't a
// Boolean means that it is.
func InCI() bool {
	ci := os.Getenv("CI")
	yes, err := strconv.ParseBool(ci)
	return ci != "" && (yes || err != nil)
}
