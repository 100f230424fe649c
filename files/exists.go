package files

import (
	"context"
	"errors"
)

// Exists reports whether the file exists, with one Stat. False without an error means
// that the file does not exist. A missing bucket, a denied permission or a service that
// doesn't respond is an error.
func Exists(ctx context.Context, b Bucket, name string) (bool, error) {
	ctx, b = given(ctx, b)
	_, err := b.Stat(ctx, name, nil)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNotExist) && KindOf(err) == ErrNotExist: // and nothing worse
		return false, nil
	}
	return false, err
}
