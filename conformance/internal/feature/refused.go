package feature

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// withOld puts a file and calls do, which must return ErrUnsupported and leave the file
// unchanged.
func withOld(t suite.T, h *suite.H, what string, do func(name string) error) {
	t.Helper()
	const name = "refused.txt"
	old := check.Content(1, 100)
	check.Put(t, h, name, old, nil)
	check.WantErr(t, what+", which the bucket does not claim", do(name), files.ErrUnsupported)
	check.WantContent(t, h, name, old)
	check.WantOnly(t, h, name)
}

func refusedVersions(t suite.T, h *suite.H) {
	check.Put(t, h, "refused.txt", check.Content(1, 10), nil)
	if v := check.Stat(t, h, "refused.txt").Version; v != "" {
		t.Errorf("Stat reports the version %q, but the bucket does not claim Versions", v)
	}
}

func refusedIfAbsent(t suite.T, h *suite.H) {
	withOld(t, h, "Put with IfAbsent", func(string) error {
		_, err := h.Put(t.Context(), "new", check.Stream(check.Content(2, 10)),
			&files.PutOptions{If: files.IfAbsent()})
		return err
	})
}

func refusedIfVersion(t suite.T, h *suite.H) {
	for _, empty := range []bool{false, true} {
		withOld(t, h, "Put with IfVersion", func(name string) error {
			v := files.Version("")
			if !empty {
				v = anyVersion(t, h, name)
			}
			_, err := h.Put(t.Context(), name, check.Stream(check.Content(2, 10)),
				&files.PutOptions{If: files.IfVersion(v)})
			return err
		})
	}
}

func refusedDeleteIfVersion(t suite.T, h *suite.H) {
	withOld(t, h, "Delete with IfVersion", func(name string) error {
		return h.Delete(t.Context(), name, &files.DeleteOptions{IfVersion: anyVersion(t, h, name)})
	})
}

func refusedReadConditions(t suite.T, h *suite.H) {
	for what, o := range map[string]files.GetOptions{
		"IfNotVersion": {IfNotVersion: "x"},
		"IfVersion":    {IfVersion: "x"},
	} {
		withOld(t, h, "Get with "+what, func(name string) error {
			r, err := h.Get(t.Context(), name, &o)
			if err == nil {
				r.Close()
			}
			return err
		})
	}
}

func refusedAttributes(t suite.T, h *suite.H) {
	for what, a := range map[string]files.Attributes{
		"metadata":            {Metadata: map[string]string{"k": "v"}},
		"Cache-Control":       {CacheControl: "no-cache"},
		"Content-Disposition": {ContentDisposition: "inline"},
		"Content-Encoding":    {ContentEncoding: "gzip"},
		"Content-Language":    {ContentLanguage: "de"},
	} {
		withOld(t, h, "Put with "+what, func(name string) error {
			_, err := h.Put(t.Context(), name, check.Stream(check.Content(2, 10)),
				&files.PutOptions{Attributes: a})
			return err
		})
	}
	keptOrRefusedType(t, h)
}

// keptOrRefusedType puts a file with a type that follows neither from its name nor from
// its content. A bucket that does not claim Attributes must refuse it or store the type
// (P6).
func keptOrRefusedType(t suite.T, h *suite.H) {
	const name, given = "typed.bin", "text/x-own"
	old := check.Content(1, 100)
	check.Put(t, h, name, old, nil)
	_, err := h.Put(t.Context(), name, check.Stream(check.Content(2, 10)),
		&files.PutOptions{Attributes: files.Attributes{ContentType: given}})
	if err != nil {
		check.WantErr(t, "Put with a content type, which the bucket does not claim to store",
			err, files.ErrUnsupported)
		check.WantContent(t, h, name, old)
	} else if found := check.Stat(t, h, name).ContentType; found != given {
		t.Errorf("Put accepted the content type %q, and Stat reports %q; "+
			"want errors.ErrUnsupported from Put", given, found)
	}
	if err := h.Delete(t.Context(), name, nil); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

func refusedForeign(t suite.T, h *suite.H) {
	withOld(t, h, "List with Foreign", func(string) error {
		for _, err := range h.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			return err
		}
		return nil
	})
	withOld(t, h, "Get of a raw key", func(string) error {
		_, err := h.Get(t.Context(), "", &files.GetOptions{Key: "a//b"})
		return err
	})
	withOld(t, h, "Stat of a raw key", func(string) error {
		_, err := h.Stat(t.Context(), "", &files.StatOptions{Key: "a//b"})
		return err
	})
	withOld(t, h, "Delete of a raw key", func(string) error {
		return h.Delete(t.Context(), "", &files.DeleteOptions{Key: "a//b"})
	})
}

func refusedSign(t suite.T, h *suite.H, method string) {
	withOld(t, h, "SignURL for "+method, func(name string) error {
		_, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{Method: method})
		return err
	})
}

func refusedSignType(t suite.T, h *suite.H) {
	withOld(t, h, "SignURL for PUT with a content type", func(name string) error {
		_, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{
			Method:      "PUT",
			ContentType: "text/x-own",
		})
		return err
	})
}

// refusedSignWith signs with an option that isn't claimed.
func refusedSignWith(t suite.T, h *suite.H, o files.SignOptions) {
	withOld(t, h, fmt.Sprintf("SignURL with %+v", o), func(name string) error {
		_, err := files.SignURL(t.Context(), h.Bucket, name, &o)
		return err
	})
}

// anyVersion returns the file's version, or "1" if it has none.
func anyVersion(t suite.T, h *suite.H, name string) files.Version {
	t.Helper()
	if v := check.Stat(t, h, name).Version; v != "" {
		return v
	}
	return "1"
}
