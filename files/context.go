package files

import (
	"context"

	"cloudfiles.dev/files/internal/contexts"
)

// contextError returns why the context ended, or nil if it hasn't ended.
func contextError(ctx context.Context) error { return contexts.Err(ctx) }
