//go:build !unix

package baseline

import (
	"testing"
	"time"
)

// cpu isn't known here, so the metric is 0.
func cpu(testing.TB) time.Duration { return 0 }
