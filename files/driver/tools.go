package driver

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
	"cloudfiles.dev/files/internal/each"
	"cloudfiles.dev/files/internal/names"
	"cloudfiles.dev/files/internal/native"
)

// Register adds a scheme to files.Open. Drivers call it from init. It panics if the
// scheme is incomplete or registered already.
func Register(s files.Scheme) { files.DefaultMux().Register(s) }

// ContextError returns why the context ended, or nil if it hasn't ended or is nil. In
// the error errors.Is finds both the context's cause and ctx.Err(), such as
// context.Canceled (E1).
func ContextError(ctx context.Context) error { return contexts.Err(ctx) }

// CheckNameMax is files.CheckName for a bucket whose names have at most max bytes
// (Features.MaxName).
func CheckNameMax(name string, max int) error { return nameError(names.Problem(name, max)) }

// CheckDir is files.CheckName for a directory: "" is the whole bucket, and one trailing
// slash is allowed. It returns the directory without that slash.
func CheckDir(dir string) (string, error) {
	dir, problem := names.Dir(dir, files.MaxName)
	return dir, nameError(problem)
}

func nameError(problem string) error {
	if problem == "" {
		return nil
	}
	return Errorf(files.ErrInvalidName, "%s", problem)
}

// EachName calls f for every name, eight at a time, and returns the errors in the order
// of names. It is for drivers without a bulk delete.
func EachName(ctx context.Context, names []string,
	f func(ctx context.Context, name string) error) []error {
	if f == nil || ctx == nil {
		errs := make([]error, len(names))
		for i := range errs {
			errs[i] = Errorf(files.ErrInvalid, "the context or the function is nil")
		}
		return errs
	}
	return each.Name(ctx, names, f)
}

// UnknownNative returns the error for a native option that a bucket doesn't support.
func UnknownNative(o files.NativeOption) error {
	return Errorf(files.ErrUnsupported, "the bucket does not support %s",
		files.Printable(native.Name(o)))
}
