package files

import "context"

// Check makes one request to find out whether the bucket is there and may be read (U3).
//
// Errors: ErrNoBucket, ErrPermission, ErrUnavailable, ErrClosed.
func Check(ctx context.Context, b Bucket) error {
	ctx, b = given(ctx, b)
	if c, ok := b.(pinger); ok {
		return c.Check(ctx)
	}
	return listOne(ctx, b)
}

// listOne is the check of a bucket that has no Check of its own.
func listOne(ctx context.Context, b Bucket) error {
	for _, err := range b.List(ctx, "", &ListOptions{Limit: 1, NamesOnly: true}) {
		return newError(OpCheck, "", err)
	}
	return nil
}
