package files

import "context"

// ReadOptions are the options of ReadAll, ReadString and ReadJSON. The zero value reads
// the whole file, of any size.
type ReadOptions struct {
	GetOptions
	// MaxBytes bounds the memory. Content, or the range of it, that is longer is
	// ErrTooLarge, and nothing of it is read. 0 is no limit.
	MaxBytes int64
}

// ReadAll returns the content of the file.
//
// Errors: those of Get and of reading; ErrTooLarge if there are more bytes than
// ReadOptions.MaxBytes.
func ReadAll(ctx context.Context, b Bucket, name string, opts *ReadOptions) ([]byte, error) {
	content, _, err := readAll(ctx, b, name, opts)
	if err != nil {
		return nil, err
	}
	return content, nil
}

// ReadString is ReadAll with the content as a string.
func ReadString(ctx context.Context, b Bucket, name string, opts *ReadOptions) (string, error) {
	content, err := ReadAll(ctx, b, name, opts)
	return string(content), err
}

// readAll also returns the Info. If the error is nil the content is not nil.
func readAll(ctx context.Context, b Bucket, name string, opts *ReadOptions) ([]byte, Info, error) {
	ctx, b = given(ctx, b)
	var get *GetOptions
	if opts != nil {
		get = &opts.GetOptions
		if opts.MaxBytes < 0 {
			return nil, Info{}, newError(OpGet, name,
				invalid("negative limit of %d bytes", opts.MaxBytes))
		}
	}
	r, err := b.Get(ctx, name, get)
	if err != nil {
		return nil, Info{}, err
	}
	defer r.Close()
	if opts != nil && opts.MaxBytes > 0 && r.Len() > opts.MaxBytes {
		return nil, Info{}, newError(OpGet, name,
			errorf(ErrTooLarge, "%d bytes to read, at most %d are allowed", r.Len(), opts.MaxBytes))
	}
	content, err := r.ReadAll()
	if err != nil {
		return nil, Info{}, err
	}
	return content, r.Info(), nil
}
