package gcs

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestOddPage: a name with what JSON can't hold doesn't fail the page, and isn't listed
// as another name.
func TestOddPage(t *testing.T) {
	item := func(name string) string {
		return `{"name":"` + name + `","size":"1","generation":"1"}`
	}
	for in, want := range map[string]string{
		item("a\x01b") + "," + item("c"):   "(a\x01b) c",
		item("a\xFFb") + "," + item("c"):   "(a\xFFb) c",
		item(`a\ud800b`) + "," + item("c"): "(a\xED\xA0\x80b) c",
		item(`a\ud83d\ude00`):              "a\U0001F600",
		item("a\uFFFDb"):                   "a\uFFFDb",
		item("\U0010FF01"):                 "\U0010FF01",
	} {
		b, requests := hostile(t, says(200, `{"kind":"storage#objects","items":[`+in+"]}"))
		var got []string
		for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			switch {
			case err != nil:
				t.Errorf("listing the page %q: %v", in, err)
			case e.Key != "":
				got = append(got, "("+e.Key+")")
			default:
				got = append(got, e.Name)
			}
		}
		if s := strings.Join(got, " "); s != want || requests.Load() != 1 {
			t.Errorf("%q: %q, want %q, after %d requests", in, s, want, requests.Load())
		}
	}
}
