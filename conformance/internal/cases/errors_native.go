package cases

import (
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var errorsNativeCases = []suite.Case{
	{
		Rule: "E2",
		Name: "unknown-native",
		Why: "an unknown native option must be refused: if it were ignored, the file would " +
			"be in the wrong storage class, or unencrypted",
		Run: unknownNative,
	},
}

// unknownOption is a native option that no service has.
type unknownOption struct{ Class string }

func (unknownOption) NativeOption() string { return "nobody.PutOptions" }

func unknownNative(t suite.T, h *suite.H) {
	check.Put(t, h, "dir/old", check.Content(1, 100), nil)
	before := check.Stat(t, h, "dir/old")
	sub, err := files.Sub(h.Bucket, "dir")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	for _, b := range []struct {
		what      string
		b         files.Bucket
		old, next string
	}{{"", h.Bucket, "dir/old", "dir/new"}, {" in a sub-bucket", sub, "old", "new"}} {
		native := []files.NativeOption{unknownOption{"cold"}}
		refused := func(what string, err error) {
			t.Helper()
			what += " with an option that no service has" + b.what
			check.WantErr(t, what, err, files.ErrUnsupported)
			if err != nil && !strings.Contains(err.Error(), "nobody.PutOptions") {
				t.Errorf("%s: got %s, want nobody.PutOptions in the text", what, check.ErrText(err))
			}
		}
		for _, name := range []string{b.old, b.next} {
			read := false
			_, err := b.b.Put(t.Context(), name, check.Hook(check.Content(2, 50), 0, func() {
				read = true
			}), &files.PutOptions{Native: native})
			refused("Put", err)
			if read {
				t.Errorf("Put with an option that no service has%s read the content, want it "+
					"refused before anything is done", b.what)
			}
			_, err = files.Copy(t.Context(), b.b, name, b.b, b.old,
				&files.CopyOptions{Native: native})
			refused("Copy", err)
			_, err = files.Copy(t.Context(), b.b, name, b.b, "missing",
				&files.CopyOptions{Native: native})
			refused("Copy of a missing file", err)
			_, err = files.Move(t.Context(), b.b, name, b.b, b.old,
				&files.CopyOptions{Native: native})
			refused("Move", err)
			_, err = b.b.Put(t.Context(), name, check.Stream(nil),
				&files.PutOptions{Native: []files.NativeOption{nil}})
			check.WantErr(t, "Put with a native option that is nil"+b.what, err, files.ErrInvalid)
			_, err = b.b.Put(t.Context(), "a//b", check.Stream(nil),
				&files.PutOptions{Native: native})
			check.WantErr(t, "Put of an illegal name with an option that no service has"+b.what,
				err,
				files.ErrInvalidName)
		}
	}
	check.WantOnly(t, h, "dir/old")
	check.WantContent(t, h, "dir/old", check.Content(1, 100))
	check.Same(t, "the file's version after refused calls", check.Stat(t, h, "dir/old").Version,
		before.Version)
}
