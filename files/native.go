package files

import "cloudfiles.dev/files/internal/native"

// NativeOption is an option of one service alone, such as a storage class or an
// encryption key: a value of a type that the service's driver defines. If the bucket
// doesn't support the type, the call is ErrUnsupported before anything is done, and the
// error names the type. A bad value is ErrInvalid.
type NativeOption interface {
	// NativeOption returns the type's name for errors: "s3.PutOptions".
	NativeOption() string
}

// checkNative returns nil if the bucket supports the options in a call of the
// operation, OpPut or OpCopy, and otherwise an error that is ErrUnsupported or
// ErrInvalid. It makes no request.
func checkNative(b Bucket, op Op, options []NativeOption) error {
	for _, o := range options {
		if o == nil {
			return invalid("a native option is nil")
		}
	}
	if len(options) == 0 {
		return nil
	}
	if b == nil {
		return errNilBucket
	}
	if c, ok := b.(nativeChecker); ok {
		return c.CheckNative(op, options)
	}
	return errorf(ErrUnsupported, "the bucket does not support %s",
		Printable(native.Name(options[0])))
}
