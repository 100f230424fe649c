package longtest

import (
	"flag"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// childVariable makes a run of the test binary print how many tests run at a time after
// AtOnce of its value.
const childVariable = "CLOUDFILES_AT_ONCE_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		AtOnce(n)
		os.Stdout.WriteString(flag.Lookup(parallelFlag).Value.String())
		return
	}
	os.Exit(m.Run())
}

// TestAtOnce: a package says how many tests run at a time, unless the command line does,
// and never fewer than there are processors.
func TestAtOnce(t *testing.T) {
	for _, c := range []struct {
		n    int
		args []string
		want int
	}{
		{1 << 10, nil, 1 << 10},
		{1 << 10, []string{"-test.parallel=3"}, 3},
		{0, nil, runtime.GOMAXPROCS(0)},
	} {
		child := exec.Command(os.Args[0], c.args...)
		child.Env = append(os.Environ(), childVariable+"="+strconv.Itoa(c.n))
		out, err := child.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != strconv.Itoa(c.want) {
			t.Errorf("AtOnce(%d) with %q: %s, %v, want %d", c.n, c.args, got, err, c.want)
		}
	}
}
