package files

import "context"

var errReadOnly = WithCause(ErrPermission, ErrUnsupported, "the bucket is read-only")

// ReadOnly returns the bucket for reading only: whatever writes, signing a PUT or
// DELETE included, is refused with an error that is ErrPermission and ErrUnsupported,
// and As doesn't reach below. Closing it closes nothing of b.
func ReadOnly(b Bucket) Bucket {
	return Wrap(b, Hooks{
		Restrict: true,
		Around: func(ctx context.Context, c *Call, next func(context.Context) error) error {
			if c.Op.Writes() {
				return errReadOnly
			}
			return next(ctx)
		},
		Features: func(f Features) Features {
			f.ReadOnly, f.SignPut, f.SignDelete, f.SignContentType = true, false, false, false
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ServerCopy = false, false, false, false
			return f
		},
	})
}
