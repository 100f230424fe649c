package conformance_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
)

// TestWrapperObserves: a wrapper that counts keeps everything. Package
// files/observe runs the whole suite on one.
func TestWrapperObserves(t *testing.T) {
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{
			Passed: func(context.Context, *files.Call, int64) {},
		})
	}, &conformance.WrapperOptions{
		Observes: true,
		Only: func(id string) bool {
			rule, name, _ := strings.Cut(id, "/")
			return slices.Contains([]string{"C1", "W1", "X3", "N5", "P10", "D3"}, rule) ||
				strings.HasPrefix(name, "wrapper")
		},
	})
}
