package local

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Small attributes are also in the record, which replaces a sidecar that is lost by a
// power failure.
func TestLostSidecar(t *testing.T) {
	b, dir := newBucket(t, nil)
	small := files.Attributes{
		ContentType:        "x/own",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentEncoding:    "br",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"k": "v", "ünï": "", "z": "日本"},
	}
	large := files.Attributes{
		ContentType: "x/own",
		Metadata:    map[string]string{"k": strings.Repeat("v", maxRecord)},
	}
	for name, a := range map[string]files.Attributes{"small": small, "large": large} {
		if _, err := files.PutString(t.Context(), b, name, "text",
			&files.PutOptions{Attributes: a}); err != nil {
			t.Fatal(err)
		}
		before := stat(t, b, name)
		if !reflect.DeepEqual(before.Attributes, a) {
			t.Errorf("%s has %+v, want %+v", name, before.Attributes, a)
		}
		ok(t, os.Remove(filepath.Join(dir, name+".attrs")))
		after := stat(t, b, name)
		if kept := reflect.DeepEqual(after, before); kept != (name == "small") {
			t.Errorf("%s has %+v without its sidecar, %+v before", name, after, before)
		}
		if s, info := fetch(t, b, name); s != "text" || !reflect.DeepEqual(info, after) {
			t.Errorf("Get(%s) = %q, %+v, want \"text\" and Stat's result", name, s, info)
		}
	}
}

func TestRecordAttributes(t *testing.T) {
	r := record{
		size:   7,
		digest: files.Digest{CRC32C: "01020304"},
		attrs: &files.Attributes{
			ContentType:     "a/b",
			ContentLanguage: "de",
			Metadata:        map[string]string{"k": "v", "": "x", "l": ""},
		},
	}
	text := r.encode(nil)
	got, err := decodeRecord(text)
	if err != nil || !reflect.DeepEqual(got.attrs,
		r.attrs) || got.digest != r.digest || got.size != r.size || got.typ != "" {
		t.Errorf("decodeRecord = %+v, want %+v, %v", got, r, err)
	}
	// a truncated record is an error, or has fewer pairs; decoding never panics
	for n := range text {
		if cut, err := decodeRecord(text[:n]); err == nil && cut.attrs != nil &&
			len(cut.attrs.Metadata) >= len(r.attrs.Metadata) {
			t.Errorf("decodeRecord of %d of %d bytes = %+v, want an error or fewer pairs", n,
				len(text), cut)
		}
	}
}
