package files

import "context"

var errReadOnly = withCause(ErrPermission, ErrUnsupported, "the bucket is read-only")

// ReadOnly returns the bucket for reading only. Every call that writes, and signing a
// PUT or DELETE, fails with an error that is ErrPermission and ErrUnsupported. As
// doesn't reach the bucket below. Closing the result closes nothing of b.
func ReadOnly(b Bucket) Bucket {
	return Wrap(b, Hooks{
		Layer:    "readonly",
		Restrict: true,
		Around: func(ctx context.Context, c *Call, next func(context.Context) error) error {
			if c.Op.Writes() {
				return errReadOnly
			}
			return next(ctx)
		},
		Features: func(f Features) Features {
			f.ReadOnly, f.SignPut, f.SignDelete, f.SignContentType = true, false, false, false
			f.SignSize, f.SignIfAbsent = false, false
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ServerCopy = false, false, false, false
			return f
		},
	})
}
