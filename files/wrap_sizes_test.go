package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// seeksAhead is a bucket that leaves out the first two bytes of each content.
type seeksAhead struct{ files.Bucket }

func (s seeksAhead) Put(ctx context.Context, name string, content io.Reader,
	_ *files.PutOptions) (files.Info, error) {
	if _, err := content.(io.Seeker).Seek(2, io.SeekCurrent); err != nil {
		return files.Info{}, err
	}
	return s.Bucket.Put(ctx, name, struct{ io.Reader }{content}, nil)
}

// TestLimitCountsWhatIsLeftOut: bytes that the bucket below leaves out count, wherever
// the content began.
func TestLimitCountsWhatIsLeftOut(t *testing.T) {
	b := claimsLess(seeksAhead{mem.New(nil)}, func(f *files.Features) { f.MaxSize = 4 })
	for text, want := range map[string]error{"four": nil, "fives": files.ErrTooLarge} {
		for _, skipped := range []string{"", "skipped"} {
			content := strings.NewReader(skipped + text)
			content.Seek(int64(len(skipped)), io.SeekStart)
			_, err := b.Put(ctx, "a", &rewound{content}, nil)
			if want == nil && err != nil || !errors.Is(err, want) {
				t.Errorf("%q behind %q: %v, want %v", text, skipped, err, want)
			}
		}
	}
}

// TestEqualSizesAreNoLimit: a wrapper that claims the size which the bucket below claims
// passes uploads and forms.
func TestEqualSizesAreNoLimit(t *testing.T) {
	for outer, ok := range map[int64]bool{9: false, 10: true, 11: true} {
		below := claimsLess(signing{mem.New(nil)}, func(f *files.Features) { f.MaxSize = 10 })
		b := claimsLess(below, func(f *files.Features) { f.MaxSize = outer }).(optional)
		pass := func(context.Context, files.Bucket, string) error { return nil }
		for what, do := range map[string]func(context.Context, string,
			func(context.Context, files.Bucket, string) error) error{
			"WithUpload":   b.WithUpload,
			"WithSignPost": b.WithSignPost,
			"WithSignPart": b.WithSignPart,
		} {
			if err := do(ctx, "a", pass); (err == nil) != ok {
				t.Errorf("%s with a size of %d over one of 10: %v", what, outer, err)
			}
		}
	}
}

// TestTransformSizesExactly: metadata of exactly the size that a Transform leaves is
// taken, and a declared size of 0 is one, for the caller's content and for the stored
// one.
func TestTransformSizesExactly(t *testing.T) {
	store := mem.New(nil)
	size := int64(-1)
	tr := stamped(nil)
	stampedPut := tr.Put
	tr.Put = func(ctx context.Context, c *files.Call, plain io.Reader, n int64,
		o *files.PutOptions) (io.Reader, int64, error) {
		r, _, err := stampedPut(ctx, c, plain, n, o)
		return r, size, err
	}
	b := files.Wrap(store, files.Hooks{Transform: tr})
	for n, want := range map[int]error{
		files.MaxMetadata - 1000 - 1: nil,
		files.MaxMetadata - 1000:     files.ErrInvalid,
	} {
		o := &files.PutOptions{}
		o.Metadata = map[string]string{"k": strings.Repeat("x", n)}
		_, err := files.PutString(ctx, b, "a", "text", o)
		if want == nil && err != nil || !errors.Is(err, want) {
			t.Errorf("metadata of %d bytes: %v, want %v", n+1, err, want)
		}
	}
	zero := int64(0)
	_, err := b.Put(ctx, "b", strings.NewReader("text"), &files.PutOptions{Size: &zero})
	is(t, err, files.ErrCorrupt)
	missing(t, store, "b")
	size = 0
	_, err = files.PutString(ctx, b, "c", "text", nil)
	is(t, err, files.ErrCorrupt)
	missing(t, store, "c")
}
