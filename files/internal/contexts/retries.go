package contexts

import (
	"context"
	"sync/atomic"
)

// RetriesKey is the key of a context's *atomic.Int64 that counts the requests that a
// retry policy repeats.
type RetriesKey struct{}

// CountRetry counts a request that is repeated.
func CountRetry(ctx context.Context) {
	if n, ok := ctx.Value(RetriesKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
