package azure

import (
	"testing"

	"cloudfiles.dev/conformance/faultrun"
)

// TestFaults has one request in twenty fail, in every way.
func TestFaults(t *testing.T) {
	b, p := proxied(t, append([]string{"block_size", "65536", "retry_budget", "0"}, fast...)...)
	c := faultrun.Config{Bucket: b, Proxy: p, Large: 200_000}
	if testing.Short() {
		c.Ops = 500
	}
	t.Log(faultrun.Run(t, c))
}
