package files

import "context"

// Checker is a Bucket that can check whether it is there and may be used.
type Checker interface {
	// Check makes one request, as the function Check does.
	Check(ctx context.Context) error
}

// Check makes one request to find out whether the bucket is there and may be read (U3).
//
// Errors: ErrNoBucket, ErrPermission, ErrUnavailable, ErrClosed.
func Check(ctx context.Context, b Bucket) error {
	ctx, b = given(ctx, b)
	if c, ok := b.(Checker); ok {
		return c.Check(ctx)
	}
	return listOne(ctx, b)
}

// listOne is the check of a bucket that is not a Checker.
func listOne(ctx context.Context, b Bucket) error {
	for _, err := range b.List(ctx, "", &ListOptions{Limit: 1, NamesOnly: true}) {
		return NewError(OpCheck, "", err)
	}
	return nil
}
