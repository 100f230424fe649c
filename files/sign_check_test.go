package files_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestMethodThatCannotBeSigned: the error names it, because a HEAD is reported as
// "sign get", the operation that it is one of.
func TestMethodThatCannotBeSigned(t *testing.T) {
	for method, named := range map[string]string{"": "GET", "PUT": "PUT", "HEAD": "HEAD"} {
		err := files.SignOptions{Method: method}.Check(files.Features{})
		if !errors.Is(err, errors.ErrUnsupported) ||
			!strings.HasSuffix(err.Error(), "can't sign URLs for "+named) {
			t.Errorf("Check of the method %q: %v, want ErrUnsupported and its name", method, err)
		}
	}
}

// TestSignOptionsCheck: an option needs its feature and its method, and what makes no
// sense in any bucket is ErrInvalid, whatever the bucket claims.
func TestSignOptionsCheck(t *testing.T) {
	all := files.Features{
		SignGet:         true,
		SignHead:        true,
		SignPut:         true,
		SignDelete:      true,
		SignContentType: true,
		SignResponse:    true,
		SignSize:        true,
		SignIfAbsent:    true,
		MaxSize:         100,
	}
	type options = files.SignOptions
	for _, c := range []struct {
		opts    options
		feature func(*files.Features) *bool // that the options need
	}{
		{options{}, func(f *files.Features) *bool { return &f.SignGet }},
		{options{Method: "GET", Expiry: 1}, func(f *files.Features) *bool { return &f.SignGet }},
		{options{Method: "HEAD"}, func(f *files.Features) *bool { return &f.SignHead }},
		{options{Method: "PUT"}, func(f *files.Features) *bool { return &f.SignPut }},
		{options{Method: "DELETE"}, func(f *files.Features) *bool { return &f.SignDelete }},
		{options{Method: "PUT", ContentType: "text/plain"},
			func(f *files.Features) *bool { return &f.SignContentType }},
		{options{ResponseType: "text/plain"},
			func(f *files.Features) *bool { return &f.SignResponse }},
		{options{Method: "GET", ResponseDisposition: "inline"},
			func(f *files.Features) *bool { return &f.SignResponse }},
		{options{Method: "PUT", Size: 1}, func(f *files.Features) *bool { return &f.SignSize }},
		{options{Method: "PUT", Size: 100}, func(f *files.Features) *bool { return &f.SignSize }},
		{options{Method: "PUT", IfAbsent: true},
			func(f *files.Features) *bool { return &f.SignIfAbsent }},
	} {
		if err := c.opts.Check(all); err != nil {
			t.Errorf("%+v: %v, want no error", c.opts, err)
		}
		only := files.Features{} // what the method alone needs
		for _, able := range []*bool{
			&only.SignGet, &only.SignHead, &only.SignPut, &only.SignDelete, c.feature(&only),
		} {
			*able = true
		}
		if err := c.opts.Check(only); err != nil {
			t.Errorf("%+v with its feature alone: %v, want no error", c.opts, err)
		}
		lacking := all
		*c.feature(&lacking) = false
		if err := c.opts.Check(lacking); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("%+v without its feature: %v, want ErrUnsupported", c.opts, err)
		}
		lacking.ReadOnly = true
		want := files.ErrUnsupported
		if c.opts.Method == "PUT" || c.opts.Method == "DELETE" {
			want = files.ErrPermission
		}
		if err := c.opts.Check(lacking); !errors.Is(err, want) {
			t.Errorf("%+v of a read-only bucket: %v, want %v", c.opts, err, want)
		}
	}
	for _, c := range []struct {
		opts options
		want error
	}{
		{options{Method: "POST"}, files.ErrInvalid},
		{options{Method: "get"}, files.ErrInvalid},
		{options{Expiry: -1}, files.ErrInvalid},
		{options{Method: "PUT", Size: -1}, files.ErrInvalid},
		{options{Method: "PUT", MaxSize: -1}, files.ErrInvalid},
		{options{Size: 1}, files.ErrInvalid},
		{options{MaxSize: 1}, files.ErrInvalid},
		{options{IfAbsent: true}, files.ErrInvalid},
		{options{ContentType: "text/plain"}, files.ErrInvalid},
		{options{Method: "DELETE", Size: 1}, files.ErrInvalid},
		{options{Method: "HEAD", ResponseType: "text/plain"}, files.ErrInvalid},
		{options{Method: "PUT", ResponseType: "text/plain"}, files.ErrInvalid},
		{options{Method: "DELETE", ResponseDisposition: "inline"}, files.ErrInvalid},
		{options{Method: "PUT", ContentType: "a\nb"}, files.ErrInvalid},
		{options{ResponseType: "a\nb"}, files.ErrInvalid},
		{options{ResponseDisposition: "a\nb"}, files.ErrInvalid},
		{options{Method: "PUT", MaxSize: 1}, files.ErrUnsupported},
		{options{Method: "PUT", Size: 101}, files.ErrTooLarge},
	} {
		if err := c.opts.Check(all); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.opts, err, c.want)
		}
		if c.want == files.ErrInvalid { // before what the bucket lacks
			if err := c.opts.Check(files.Features{}); !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%+v of a bucket that can't sign: %v, want ErrInvalid", c.opts, err)
			}
		}
	}
	unbounded := all
	unbounded.MaxSize = 0
	if err := (options{Method: "PUT", Size: 1 << 60}).Check(unbounded); err != nil {
		t.Errorf("a size of a bucket without a largest one: %v, want no error", err)
	}
}

// TestSignURLOfAnOrdinaryBucket: a bucket that can't sign says so once the name is legal,
// and the error has the operation of the method.
func TestSignURLOfAnOrdinaryBucket(t *testing.T) {
	plain := struct{ files.Bucket }{mem.New(nil)} // without the ability
	for method, op := range map[string]files.Op{
		"": files.OpSignGet, "PUT": files.OpSignPut, "DELETE": files.OpSignDelete,
	} {
		for name, want := range map[string]error{
			"a":    files.ErrUnsupported,
			"../a": files.ErrInvalidName,
		} {
			_, err := files.SignURL(ctx, plain, name, &files.SignOptions{Method: method})
			var e *files.Error
			if is(t, err, want); errors.As(err, &e) && (e.Op != op || e.Name != name) {
				t.Errorf("%q %q: the error is one of %v %q", method, name, e.Op, e.Name)
			}
			_, err = files.SignURL(ctx, nil, name, &files.SignOptions{Method: method})
			if is(t, err, files.ErrInvalid); errors.As(err, &e) && e.Op != op {
				t.Errorf("%q of a nil bucket: the error is one of %v, want %v", method, e.Op, op)
			}
		}
	}
}

// TestSignThroughAWrapper: a wrapper signs nothing that would bypass its hooks, and
// refuses what it doesn't claim.
func TestSignThroughAWrapper(t *testing.T) {
	observed := func(f files.Features) files.Features { f.SignGet = true; return f }
	_, err := files.SignURL(ctx, files.Wrap(signing{mem.New(nil)}, files.Hooks{
		Transform: &files.Transform{},
		Features:  observed,
	}), "a", nil)
	is(t, err, files.ErrUnsupported)
	_, err = files.SignURL(ctx, files.Wrap(signing{mem.New(nil)}, files.Hooks{}), "a",
		&files.SignOptions{Expiry: -time.Second})
	is(t, err, files.ErrInvalid)
}
