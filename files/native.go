package files

import "fmt"

// NativeOption is an option of one service alone, such as a storage class or an
// encryption key: a value of a type that the service's driver defines. A bucket that
// doesn't know the type refuses the call, before anything is done, with ErrUnsupported,
// which names the type. A bad value is ErrInvalid.
type NativeOption interface {
	// NativeOption returns the type's name for errors: "s3.PutOptions".
	NativeOption() string
}

// NativeChecker is a Bucket that takes native options. A wrapper asks the bucket below.
type NativeChecker interface {
	// CheckNative returns nil if a call of the operation, OpPut or OpCopy, would take
	// the options.
	CheckNative(op Op, options []NativeOption) error
}

// CheckNative returns nil if the bucket takes the options in a call of the operation,
// OpPut or OpCopy, and otherwise an error that is ErrUnsupported or ErrInvalid. It
// makes no request.
func CheckNative(b Bucket, op Op, options []NativeOption) error {
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
	if c, ok := b.(NativeChecker); ok {
		return c.CheckNative(op, options)
	}
	return UnknownNative(options[0])
}

// UnknownNative returns the error for an option that a bucket doesn't know.
func UnknownNative(o NativeOption) error {
	return Errorf(ErrUnsupported, "the bucket does not know %s", nativeName(o))
}

func nativeName(o NativeOption) (name string) {
	defer func() {
		if recover() != nil { // a nil pointer of a type whose method doesn't expect one
			name = fmt.Sprintf("%T", o)
		}
	}()
	return Printable(o.NativeOption())
}
