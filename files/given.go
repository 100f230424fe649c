package files

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files/internal/nils"
)

// given is called first by every function that takes a context and a bucket. If one of
// them is nil, given returns a bucket that refuses everything with ErrInvalid.
func given(ctx context.Context, b Bucket) (context.Context, Bucket) {
	if nils.Is(b) {
		b = refusing{errNilBucket}
	}
	if ctx == nil {
		return context.Background(), refusing{errNilContext}
	}
	return ctx, b
}

var (
	errNilBucket  = invalid("the bucket is nil")
	errNilContext = invalid("the context is nil")
)

// refusing is a Bucket in place of one that is nil.
type refusing struct{ err error }

func (r refusing) Put(_ context.Context, name string, _ io.Reader, _ *PutOptions) (Info, error) {
	return Info{}, newError(OpPut, name, r.err)
}

func (r refusing) Get(_ context.Context, name string, _ *GetOptions) (*Reader, error) {
	return nil, newError(OpGet, name, r.err)
}

func (r refusing) Stat(_ context.Context, name string, _ *StatOptions) (Info, error) {
	return Info{}, newError(OpStat, name, r.err)
}

func (r refusing) List(_ context.Context, dir string, _ *ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if yield != nil {
			yield(Entry{}, newError(OpList, dir, r.err))
		}
	}
}

func (r refusing) Delete(_ context.Context, name string, _ *DeleteOptions) error {
	return newError(OpDelete, name, r.err)
}

func (r refusing) Close() error { return nil }

// Features claim what functions check in advance, so that they reach the refusal.
func (r refusing) Features() Features {
	return Features{
		MaxName:         MaxName,
		Versions:        true,
		IfAbsent:        true,
		IfVersion:       true,
		DeleteIfVersion: true,
		ReadConditions:  true,
		Attributes:      true,
		Ordered:         true,
		ServerCopy:      true,
		StatNoBucket:    true,
	}
}

func (r refusing) SignURL(_ context.Context, name string, opts *SignOptions) (SignedURL, error) {
	op := OpSignGet
	if opts != nil {
		op, _ = opts.Op()
	}
	return SignedURL{}, newError(op, name, r.err)
}

func (r refusing) CopyFrom(_ context.Context, name string, _ Bucket, _ string,
	_ *CopyOptions) (Info, error) {
	return Info{}, newError(OpCopy, name, r.err)
}

func (r refusing) Check(context.Context) error { return newError(OpCheck, "", r.err) }

func (r refusing) CheckNative(Op, []NativeOption) error { return r.err }
