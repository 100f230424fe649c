package mount_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/signing"
)

// TestForms: a form is one of the bucket that has the name, under its name there. A form
// for a directory stores nothing that another mounted bucket would hide.
func TestForms(t *testing.T) {
	fake := func() files.Bucket { return filestest.New(t, filestest.As(filestest.Strong)) }
	tenant, err := files.Sub(fake(), "tenant")
	if err != nil {
		t.Fatal(err)
	}
	coarse := files.Wrap(fake(), files.Hooks{Features: func(f files.Features) files.Features {
		f.TimeResolution *= 1000
		return f
	}})
	small := files.Wrap(mem.New(nil), files.Hooks{Features: func(f files.Features) files.Features {
		f.SignPut, f.MaxSize, f.Attributes = true, 50, false
		return f
	}})
	all := join(t, table{
		"":      fake(),
		"p":     coarse,
		"p/in":  fake(),
		"d/e/f": fake(),
		"own":   tenant,
		"fixed": files.ReadOnly(fake()),
	})
	part := join(t, table{"own": tenant})
	for _, c := range []struct {
		what string
		b    files.Bucket
		name string
		o    signing.PostOptions
		key  string // the key in the form, or
		want error
	}{
		{"the root's", all, "a/b", signing.PostOptions{}, "a/b", nil},
		{"a member's", all, "p/a/b", signing.PostOptions{}, "a/b", nil},
		{"an inner member's", all, "p/in/a", signing.PostOptions{}, "a", nil},
		{"a member's own directory", all, "own/a", signing.PostOptions{}, "tenant/a", nil},
		{"below a directory", all, "p/a", signing.PostOptions{Below: true}, "a/${filename}", nil},
		{
			"below the mounted directory of a sub-bucket",
			all,
			"own",
			signing.PostOptions{Below: true},
			"tenant/${filename}",
			nil,
		},
		{
			"below a directory with a member",
			all,
			"d/e",
			signing.PostOptions{Below: true},
			"",
			files.ErrUnsupported,
		},
		{
			"below a member's root, which has no name",
			all,
			"d/e/f",
			signing.PostOptions{Below: true},
			"",
			files.ErrUnsupported,
		},
		{"beside a member", all, "d/g", signing.PostOptions{Below: true}, "d/g/${filename}", nil},
		{"read-only", all, "fixed/a", signing.PostOptions{}, "", files.ErrPermission},
		{"nowhere", part, "a", signing.PostOptions{}, "", files.ErrUnsupported},
		{
			"larger than another member takes",
			join(t, table{"": fake(), "s": small}),
			"a",
			signing.PostOptions{MaxSize: 51},
			"",
			files.ErrTooLarge,
		},
		{
			"attributes that another member can't store",
			join(t, table{"": fake(), "s": small}),
			"a",
			signing.PostOptions{
				MaxSize:    50,
				Attributes: files.Attributes{CacheControl: "no-store"},
			},
			"",
			files.ErrUnsupported,
		},
	} {
		if c.o.MaxSize == 0 {
			c.o.MaxSize = 100
		}
		form, err := signing.SignPost(t.Context(), c.b, c.name, &c.o)
		if c.want != nil {
			if is(t, err, c.want); form.URL != "" {
				t.Errorf("%s: a form as well as an error", c.what)
			}
			continue
		}
		if err != nil || form.Fields["key"] != c.key {
			t.Errorf("%s: the key is %q, %v, want %q", c.what, form.Fields["key"], err, c.key)
		}
	}
}
