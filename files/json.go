package files

import (
	"context"
	"encoding/json"
)

const jsonType = "application/json"

// PutJSON stores v as JSON, with the content type application/json where the options
// give none. Errors are those of Put, and ErrInvalid where v can't be encoded.
func PutJSON(ctx context.Context, b Bucket, name string, v any, opts *PutOptions) (Info, error) {
	content, err := encodeJSON(v)
	if err != nil {
		return Info{}, NewError(OpPut, name, err)
	}
	o := withSize(opts, int64(len(content)))
	if o.ContentType == "" {
		o.ContentType = jsonType
	}
	return PutBytes(ctx, b, name, content, o)
}

// ReadJSON reads the file and decodes it as JSON. Fields that T does not have are
// passed over. Bound what you read from strangers with ReadOptions.MaxBytes.
//
// Errors: those of ReadAll; an error without a sentinel where the content is not JSON
// or does not fit, in which errors.As finds encoding/json's own.
func ReadJSON[T any](ctx context.Context, b Bucket, name string, opts *ReadOptions) (T, error) {
	var v T
	content, err := ReadAll(ctx, b, name, opts)
	if err != nil {
		return v, err
	}
	if err := decodeJSON(content, &v); err != nil {
		var zero T
		return zero, foreignError(OpGet, name, err)
	}
	return v, nil
}

func encodeJSON(v any) ([]byte, error) {
	content, err := json.Marshal(v)
	if err != nil {
		return nil, explained(ErrInvalid, err, "the value can't be encoded: "+clean(err))
	}
	return content, nil
}

func decodeJSON(content []byte, v any) error { return json.Unmarshal(content, v) }

// foreignError wraps an error of the caller's own code, whose operation and name, where
// it is an *Error, are not these.
func foreignError(op Op, name string, err error) error {
	return &Error{
		Op:     op,
		Name:   name,
		Kind:   KindOf(err),
		Detail: clean(err),
		Err:    err,
	}
}

// UpdateJSON is Update for a file that holds a value as JSON. fn changes v, which is
// the zero value where there is no file; a SkipUpdate from fn leaves the file as it is.
// It is called again after each conflict, with the value read anew. A value whose
// encoding stays the same writes nothing. The value returned is the one that the file
// then holds.
//
// A new file has the content type application/json. Errors are those of Update and
// ReadJSON.
func UpdateJSON[T any](ctx context.Context, b Bucket, name string, fn func(v *T) error,
	opts *UpdateOptions) (T, error) {
	var stored T
	if fn == nil {
		return stored, NewError(OpUpdate, name, invalid("the function is nil"))
	}
	_, err := update(ctx, b, name, jsonType, func(old []byte) ([]byte, error) {
		var v T
		if old != nil {
			if err := decodeJSON(old, &v); err != nil {
				return nil, err
			}
		}
		stored = v
		if err := fn(&v); err != nil {
			if err == SkipUpdate && old != nil { // fn may have changed what v points to
				var again T
				if err := decodeJSON(old, &again); err != nil {
					return nil, err
				}
				stored = again
			}
			return nil, err
		}
		content, err := encodeJSON(v)
		stored = v
		return content, err
	}, opts)
	if err != nil {
		var zero T
		return zero, err
	}
	return stored, nil
}
