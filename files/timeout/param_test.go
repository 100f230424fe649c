package timeout_test

import (
	"errors"
	"strings"
	"testing"

	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	_ "cloudfiles.dev/files/timeout"
)

// TestDurationsOfURLs: a duration that bounds nothing is refused, and the error says
// that it must be more than 0.
func TestDurationsOfURLs(t *testing.T) {
	for _, value := range []string{"0", "0s", "-5s", "5", "x", "99999999999h"} {
		b, err := files.Open(t.Context(), "mem://?timeout="+value)
		if b != nil || !errors.Is(err, files.ErrInvalid) ||
			!strings.Contains(err.Error(), "parameter timeout: want a duration of more than 0") {
			t.Errorf("timeout=%s: %v, want ErrInvalid that says what is wanted", value, err)
		}
	}
}
