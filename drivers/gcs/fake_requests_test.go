package gcs

import (
	"testing"

	"cloudfiles.dev/drivers/internal/samerequests"
	"cloudfiles.dev/files/filestest"
)

// TestFakeRequests: the fake charges what the driver sends.
func TestFakeRequests(t *testing.T) {
	t.Parallel()
	b, _, p := proxied(t, signParams(t))
	// The emulator doesn't say the generation at the end of an upload in parts, so that
	// one more request asks for it.
	asks := func(n map[string]int) { n["GetObject"] = 1 }
	samerequests.Compare(t, filestest.GCS, b, p.Reset, p.Counts, map[string]func(map[string]int){
		"put of parts":        asks,
		"put of unknown size": asks,
	})
}
