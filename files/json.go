package files

import (
	"context"
	"encoding/json"
)

const jsonType = "application/json"

// PutJSON stores v as JSON. The content type is application/json unless the options
// give one.
//
// Errors: those of Put, and ErrInvalid if v can't be encoded.
func PutJSON(ctx context.Context, b Bucket, name string, v any, opts *PutOptions) (Info, error) {
	content, err := encodeJSON(v)
	if err != nil {
		return Info{}, newError(OpPut, name, err)
	}
	o := withSize(opts, int64(len(content)))
	if o.ContentType == "" {
		o.ContentType = jsonType
	}
	return PutBytes(ctx, b, name, content, o)
}

// ReadJSON reads the file and decodes it as JSON. Fields that T does not have are
// ignored. Set ReadOptions.MaxBytes to read files that you don't trust.
//
// Errors: those of ReadAll; an error without a sentinel if the content is not JSON or
// does not fit, in which errors.As finds the error of encoding/json.
func ReadJSON[T any](ctx context.Context, b Bucket, name string, opts *ReadOptions) (T, error) {
	var v T
	content, err := ReadAll(ctx, b, name, opts)
	if err != nil {
		return v, err
	}
	if err := decodeJSON(content, &v); err != nil {
		var zero T
		return zero, callerError(OpGet, name, err)
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

// callerError wraps an error of the caller's code. If it is an *Error, its operation
// and name are not those of this operation.
func callerError(op Op, name string, err error) error {
	return &Error{
		Op:     op,
		Name:   name,
		Kind:   KindOf(err),
		Detail: clean(err),
		Err:    err,
	}
}

// UpdateJSON is Update for a file that holds a value as JSON. fn changes v, which is
// the zero value if there is no file. It is called again after each conflict, with the
// value read again. Nothing is written if fn returns SkipUpdate, or if the encoding of
// the value stays the same. UpdateJSON returns the value that the file then holds.
//
// A new file has the content type application/json. Errors are those of Update and
// ReadJSON.
func UpdateJSON[T any](ctx context.Context, b Bucket, name string, fn func(v *T) error,
	opts *UpdateOptions) (T, error) {
	var stored T
	if fn == nil {
		return stored, newError(OpUpdate, name, invalid("the function is nil"))
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
