package mapdriver_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestHandle gives the suite the optional functions of a Harness. Each adds cases.
func TestHandle(t *testing.T) {
	// store returns the Backend of a bucket that the harness has made.
	store := func(b files.Bucket) *mapdriver.Backend {
		return driver.Unwrap(b).(mapdriver.Handle).Backend
	}
	var names atomic.Int64
	conformance.Run(t, conformance.Harness{
		New: func(conformance.T) files.Bucket {
			return driver.New(mapdriver.Handle{Backend: mapdriver.New()})
		},
		// Another handle on the same store, as another process would open it.
		Second: func(_ conformance.T, b files.Bucket) files.Bucket {
			return driver.New(mapdriver.Handle{Backend: store(b)})
		},
		// On a disk these would be temporary files, and at a service unfinished
		// uploads.
		Leftovers: func(_ conformance.T, b files.Bucket) int { return store(b).Staged() },
		Damage: func(_ conformance.T, b files.Bucket, name string) {
			store(b).Damage(name)
		},
		URL: func(conformance.T) string {
			return fmt.Sprintf("mapdriver://store-%d", names.Add(1))
		},
	})
}
