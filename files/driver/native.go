package driver

import "cloudfiles.dev/files"

// NativeChecker is a Backend that has native options. New refuses every native option
// for other backends.
type NativeChecker interface {
	// CheckNative checks one option of a call, files.OpPut or files.OpCopy, before
	// anything is done. It returns UnknownNative for a type that it doesn't support,
	// and files.ErrInvalid for a bad value.
	CheckNative(op files.Op, option files.NativeOption) error
}

// CheckNative checks the options with the backend.
func (b *bucket) CheckNative(op files.Op, options []files.NativeOption) error {
	if b.isClosed() {
		return files.ErrClosed
	}
	return b.checkNative(op, options)
}

func (b *bucket) checkNative(op files.Op, options []files.NativeOption) error {
	taker, ok := b.backend.(NativeChecker)
	for _, o := range options {
		switch {
		case o == nil:
			return Errorf(files.ErrInvalid, "a native option is nil")
		case !ok:
			return UnknownNative(o)
		}
		if err := taker.CheckNative(op, o); err != nil {
			return err
		}
	}
	return nil
}
