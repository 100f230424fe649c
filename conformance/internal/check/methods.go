package check

import (
	"context"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// Method is one way to use a bucket.
type Method struct {
	Name string
	Call func(ctx context.Context) error
}

// Methods returns all methods and functions that take a name, except those that need a
// feature that the bucket does not claim.
func Methods(t suite.T, b files.Bucket, name string) []Method {
	f := b.Features()
	m := []Method{
		{"Put", func(ctx context.Context) error {
			_, err := b.Put(ctx, name, strings.NewReader("new"), nil)
			return err
		}},
		{"Get", func(ctx context.Context) error {
			r, err := b.Get(ctx, name, nil)
			if err == nil {
				r.Close()
			}
			return err
		}},
		{"Stat", func(ctx context.Context) error {
			_, err := b.Stat(ctx, name, nil)
			return err
		}},
		{"Delete", func(ctx context.Context) error { return b.Delete(ctx, name, nil) }},
		{"Copy to", func(ctx context.Context) error {
			_, err := files.Copy(ctx, b, name, b, "old", nil)
			return err
		}},
		{"Copy from", func(ctx context.Context) error {
			_, err := files.Copy(ctx, b, "target", b, name, nil)
			return err
		}},
		{"DeleteMany", func(ctx context.Context) error {
			_, err := files.DeleteMany(ctx, b, slices.Values([]string{name}))
			return Unjoin(err)
		}},
	}
	if f.DeleteIfVersion {
		m = append(m, Method{"Move to", func(ctx context.Context) error {
			_, err := files.Move(ctx, b, name, b, "old", nil)
			return err
		}}, Method{"Move from", func(ctx context.Context) error {
			_, err := files.Move(ctx, b, "target", b, name, nil)
			return err
		}})
	}
	for verb, able := range map[string]bool{
		"GET":    f.SignGet,
		"PUT":    f.SignPut,
		"DELETE": f.SignDelete,
	} {
		if able {
			m = append(m, Method{"SignURL " + verb, func(ctx context.Context) error {
				_, err := files.SignURL(ctx, b, name, &files.SignOptions{Method: verb})
				return err
			}})
		}
	}
	return m
}

// Unjoin returns the only error in a joined one.
func Unjoin(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		if _, own := err.(*files.Error); !own && len(j.Unwrap()) == 1 {
			return j.Unwrap()[0]
		}
	}
	return err
}

// Listing returns List as a Method.
func Listing(b files.Bucket, dir string, opts *files.ListOptions) Method {
	return Method{"List", func(ctx context.Context) error {
		for _, err := range b.List(ctx, dir, opts) {
			if err != nil {
				return err
			}
		}
		return nil
	}}
}
