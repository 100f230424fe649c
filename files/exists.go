package files

import (
	"context"
	"errors"
)

// Exists reports whether the file exists, with one Stat. False without an error means
// that it does not; that the bucket is missing, that permission is denied or that
// nobody answers are errors.
func Exists(ctx context.Context, b Bucket, name string) (bool, error) {
	ctx, b = given(ctx, b)
	_, err := b.Stat(ctx, name, nil)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNotExist) && KindOf(err) == ErrNotExist: // and nothing worse as well
		return false, nil
	}
	return false, err
}
