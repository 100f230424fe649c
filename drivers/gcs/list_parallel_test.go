package gcs

import (
	"testing"

	"cloudfiles.dev/drivers/internal/parallellist"
)

// TestParallelList: several requests at a time list what one after the other does.
func TestParallelList(t *testing.T) {
	t.Parallel()
	b, _, p := proxied(t, "")
	parallellist.Compare(t, b, p)
}
