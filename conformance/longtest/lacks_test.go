package longtest

import (
	"strings"
	"testing"
)

// TestLacksFailsInCI: a test that lacks something is skipped, and fails if CI is set to
// anything but a false value.
func TestLacksFailsInCI(t *testing.T) {
	for value, want := range map[string]string{
		"": "skip", "0": "skip", "false": "skip", "1": "fatal", "true": "fatal", "yes": "fatal",
	} {
		t.Setenv("CI", value)
		f := &fake{}
		Lacks(f, "no %s", "links")
		if len(f.said) == 0 || !strings.HasPrefix(f.said[0], want+": no links") {
			t.Errorf("with CI=%q: %q, want %s", value, f.said, want)
		}
	}
}
