package contenttype

import (
	"mime"
	"regexp"
	"strings"
	"testing"
)

func TestByName(t *testing.T) {
	for _, c := range []struct {
		name, want string // "": not decided by the name
	}{
		{"a.html", "text/html; charset=utf-8"},
		{"a.txt", "text/plain; charset=utf-8"},
		{"a.md", "text/markdown; charset=utf-8"},
		{"a.csv", "text/csv; charset=utf-8"},
		{"a.json", "application/json"},
		{"a.wasm", "application/wasm"},
		{"a.avif", "image/avif"},
		{"a.webp", "image/webp"},
		{"a.js", "text/javascript; charset=utf-8"},
		{"a.ts", "video/mp2t"},
		{"a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"dir.png/a.svg", "image/svg+xml"},
		{"dir/PHOTO.JPG", "image/jpeg"},
		{"a.tar.gz", "application/gzip"},
		{"x.webmanifest", "application/manifest+json"},
		{"a.7z", "application/x-7z-compressed"},
		{"..png", "image/png"},
		{"é.png", "image/png"},
		{"a .png", "image/png"},
		{"", ""},
		{"a", ""},
		{"png", ""},
		{"dir.png/a", ""},
		{".png", ""},
		{"d/.png", ""},
		{"a.", ""},
		{"a.pngx", ""},
		{"a.png.", ""},
		{"a.pn", ""},
		{"a.PNG ", ""},
		{"a.\u017Fvg", ""},
		{"a.key", ""},
		{"a." + strings.Repeat("x", maxExt+1), ""},
		{"a.xwebmanifest", ""},
		{strings.Repeat("x", 300), ""},
	} {
		got, ok := ByName(c.name)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("ByName(%q) = %q, %v, want %q", c.name, got, ok, c.want)
		}
	}
}

func TestOf(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{"a.csv", "%PDF-1.7", "text/csv; charset=utf-8"}, // the name goes first
		{"a", "%PDF-1.7", "application/pdf"},
		{"a.unknown", "\x00\x01\x02", "application/octet-stream"},
		{"a", "", "text/plain; charset=utf-8"},
		{"a", "hello", "text/plain; charset=utf-8"},
	} {
		if got := Of(c.name, []byte(c.head)); got != c.want {
			t.Errorf("Of(%q, %q) = %q, want %q", c.name, c.head, got, c.want)
		}
	}
}

func TestTypeTable(t *testing.T) {
	ext := regexp.MustCompile(`^[a-z0-9]{1,11}$`)
	longest := 0
	for e, typ := range byExtension {
		longest = max(longest, len(e))
		if !ext.MatchString(e) {
			t.Errorf("extension %q", e)
		}
		base, params, err := mime.ParseMediaType(typ)
		if err != nil {
			t.Errorf("%s: the type %q is malformed: %v", e, typ, err)
			continue
		}
		if f := mime.FormatMediaType(base, params); f != typ {
			t.Errorf("%s: %q is written %q, want %v", e, typ, f, typ)
		}
		if isText := strings.HasPrefix(base, "text/"); isText != (params["charset"] == "utf-8") {
			t.Errorf("%s: %q: charset belongs to text types and to no other", e, typ)
		}
		if got, ok := ByName("x." + strings.ToUpper(e)); !ok || got != typ {
			t.Errorf("ByName(x.%s) = %q, %v, want true and %v", strings.ToUpper(e), got, ok, typ)
		}
	}
	if longest != maxExt {
		t.Errorf("maxExt is %d, want %d, the length of the longest extension",
			maxExt, longest)
	}
}

func TestTypeByNameDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Of("some/PHOTO.JPEG", nil) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
