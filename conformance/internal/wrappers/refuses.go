package wrappers

import (
	"context"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// refusal is a call that needs something that the wrapper doesn't claim.
type refusal struct {
	feature string
	want    error
	call    func(ctx context.Context) error
}

// refusals returns a call for each feature that b does not claim. The file "old"
// exists, and "new" does not.
func refusals(b files.Bucket) (all []refusal) {
	f := b.Features()
	const name, fresh, version = "old", "new", files.Version("some-version")
	add := func(claimed bool, feature string, call func(ctx context.Context) error) {
		if !claimed {
			all = append(all, refusal{feature, files.ErrUnsupported, call})
		}
	}
	putting := func(o files.PutOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := b.Put(ctx, fresh, strings.NewReader("new"), &o)
			return err
		}
	}
	writing := func(o files.PutOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			w := files.NewWriter(ctx, b, fresh, &o)
			defer w.Close()
			w.Write([]byte("new"))
			_, err := w.Commit()
			return err
		}
	}
	copying := func(o files.CopyOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := files.Copy(ctx, b, fresh, b, name, &o)
			return err
		}
	}
	getting := func(name string, o files.GetOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			r, err := b.Get(ctx, name, &o)
			r.Close()
			return err
		}
	}
	attributes := files.Attributes{Metadata: map[string]string{"k": "v"}}
	for feature, c := range map[string]struct {
		claimed bool
		put     files.PutOptions
		copy    files.CopyOptions
	}{
		"IfAbsent": {
			f.IfAbsent,
			files.PutOptions{If: files.IfAbsent()},
			files.CopyOptions{If: files.IfAbsent()},
		},
		"IfVersion": {
			f.IfVersion,
			files.PutOptions{If: files.IfVersion(version)},
			files.CopyOptions{If: files.IfVersion(version)},
		},
		"Attributes": {
			f.Attributes,
			files.PutOptions{Attributes: attributes},
			files.CopyOptions{Attributes: &attributes},
		},
	} {
		add(c.claimed, feature+" of Put", putting(c.put))
		add(c.claimed, feature+" of a Writer", writing(c.put))
		add(c.claimed, feature+" of Copy", copying(c.copy))
		if copier, ok := b.(driver.BucketCopier); ok {
			add(c.claimed, feature+" of CopyFrom", func(ctx context.Context) error {
				_, err := copier.CopyFrom(ctx, fresh, b, name, &c.copy)
				return err
			})
		}
	}
	add(f.IfVersion && f.IfAbsent, "Update", func(ctx context.Context) error {
		_, err := files.Update(ctx, b, name, func([]byte) ([]byte, error) {
			return []byte("new"), nil
		}, nil)
		return err
	})
	add(f.DeleteIfVersion, "DeleteIfVersion", func(ctx context.Context) error {
		return b.Delete(ctx, name, &files.DeleteOptions{IfVersion: version})
	})
	add(f.DeleteIfVersion, "Move", func(ctx context.Context) error {
		_, err := files.Move(ctx, b, fresh, b, name, nil)
		return err
	})
	add(f.ReadConditions, "IfVersion of Get", getting(name, files.GetOptions{IfVersion: version}))
	add(f.ReadConditions, "IfNotVersion of Get",
		getting(name, files.GetOptions{IfNotVersion: version}))
	add(f.ForeignKeys, "Key of Get", getting("", files.GetOptions{Key: "a//b"}))
	add(f.ForeignKeys, "Key of Stat", func(ctx context.Context) error {
		_, err := b.Stat(ctx, "", &files.StatOptions{Key: "a//b"})
		return err
	})
	add(f.ForeignKeys, "Key of Delete", func(ctx context.Context) error {
		return b.Delete(ctx, "", &files.DeleteOptions{Key: "a//b"})
	})
	add(f.ForeignKeys, "Foreign of List",
		check.Listing(b, "", &files.ListOptions{Foreign: true}).Call)
	for method, claimed := range map[string]bool{
		"GET":    f.SignGet,
		"HEAD":   f.SignHead,
		"PUT":    f.SignPut,
		"DELETE": f.SignDelete,
	} {
		add(claimed, "SignURL of "+method, func(ctx context.Context) error {
			_, err := files.SignURL(ctx, b, name, &files.SignOptions{Method: method})
			return err
		})
	}
	for _, c := range []struct {
		claimed bool
		option  string
		o       files.SignOptions
	}{
		{f.SignContentType, "ContentType", files.SignOptions{
			Method:      "PUT",
			ContentType: "text/plain",
		}},
		{f.SignResponse, "ResponseType", files.SignOptions{ResponseType: "text/plain"}},
		{
			f.SignResponse, "ResponseDisposition",
			files.SignOptions{ResponseDisposition: "attachment"},
		},
		{f.SignSize, "Size", files.SignOptions{Method: "PUT", Size: 1}},
		{f.SignIfAbsent, "IfAbsent", files.SignOptions{Method: "PUT", IfAbsent: true}},
		{false, "MaxSize", files.SignOptions{Method: "PUT", MaxSize: 1}},
	} {
		add(c.claimed, c.option+" of SignURL", func(ctx context.Context) error {
			_, err := files.SignURL(ctx, b, name, &c.o)
			return err
		})
	}
	if f.MaxSize > 0 {
		all = append(all,
			refusal{
				"MaxSize", files.ErrTooLarge, putting(files.PutOptions{Size: new(f.MaxSize + 1)}),
			})
	}
	if n := f.MaxName + 1; n <= files.MaxName {
		all = append(all, refusal{"MaxName", files.ErrInvalidName, func(ctx context.Context) error {
			_, err := b.Put(ctx, strings.Repeat("n", n), strings.NewReader("new"), nil)
			return err
		}})
	}
	return all
}

// wrapperRefuses checks that a wrapper refuses what it doesn't claim.
func wrapperRefuses(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Puts(t, h, "old")
	f := u.outer.Features()
	u.store.seen()
	for _, r := range refusals(u.outer) {
		err := r.call(t.Context())
		if !check.IsAny(err, r.want) && !(f.ReadOnly && check.IsAny(err, files.ErrPermission)) {
			t.Errorf("%s, which the wrapper does not claim: got %s, want %v", r.feature,
				check.ErrText(err), r.want)
		}
		for _, op := range ops(u.store.seen()) {
			if slices.Contains([]files.Op{
				files.OpPut, files.OpDelete, files.OpCopy, files.OpSignGet,
			}, op) {
				t.Errorf("%s, which the wrapper does not claim: a %s reached the inner bucket",
					r.feature, op)
			}
		}
	}
	check.WantOnly(t, u.outer, "old")
	_, got, err := check.Read(t.Context(), u.outer, "old", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	for what, info := range map[string]files.Info{
		"Stat": check.Stat(t, u.outer, "old"),
		"Get":  got,
	} {
		if !f.Versions && info.Version != "" {
			t.Errorf("%s reports a version, but the wrapper does not claim Versions", what)
		}
		if !f.Digests && !info.Digest.IsZero() {
			t.Errorf("%s reports a digest, but the wrapper does not claim Digests", what)
		}
		if r := f.TimeResolution; r > 0 && !info.ModTime.Equal(info.ModTime.Truncate(r)) {
			t.Errorf("%s reports the time %v, want the resolution %v of Features",
				what, info.ModTime, r)
		}
	}
}
