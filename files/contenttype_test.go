package files_test

import (
	"reflect"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestContentTypeIsPuts: ContentType returns the type that Put stores.
func TestContentTypeIsPuts(t *testing.T) {
	b := mem.New(nil)
	for _, name := range []string{
		"a.csv", "a.PNG", "a", ".png", "d.png/a", "a.unknown", "é.json", "a.html",
	} {
		long := strings.Repeat("x", driver.SniffLen) + "\x00"
		for _, content := range []string{"", "text", "%PDF-1.7", "\x00\x01", "<html>", long} {
			info, err := files.PutString(ctx, b, name, content, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, head := range []string{content, content[:min(len(content), driver.SniffLen)]} {
				if got := driver.ContentType(name, []byte(head)); got != info.ContentType {
					t.Errorf("ContentType(%s, %.10q) = %q, want Put's %q",
						name, head, got, info.ContentType)
				}
			}
		}
	}
}

// TestOptionsComeLast: what the package documentation says about options is true of the
// interface.
func TestOptionsComeLast(t *testing.T) {
	bucket := reflect.TypeFor[files.Bucket]()
	for m := range bucket.Methods() {
		n := m.Type.NumIn()
		has := n > 0 && m.Type.In(n-1).Kind() == reflect.Pointer &&
			strings.HasSuffix(m.Type.In(n-1).Elem().Name(), "Options")
		if want := m.Name != "Features" && m.Name != "Close"; has != want {
			t.Errorf("%s: its last parameter is a struct of options: %v, want %v", m.Name, has,
				want)
		}
	}
}
