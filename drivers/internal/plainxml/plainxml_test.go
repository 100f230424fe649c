package plainxml_test

import (
	"slices"
	"testing"

	"cloudfiles.dev/drivers/internal/plainxml"
)

// TestCut: entries at the depth are read and cut out. A document in another form is
// refused.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		document string
		depth    int
		rest     string
		want     []string
		ok       bool
	}{
		{"<r><e>a</e><x>1</x><e>b</e></r>", 1, "<r><x>1</x></r>", []string{"a", "b"}, true},
		{"<r><l><e>a</e></l></r>", 2, "<r><l></l></r>", []string{"a"}, true},
		{"\uFEFF<?xml?><r><e>a&amp;b</e></r>", 1, "\uFEFF<?xml?><r></r>", []string{"a&b"}, true},
		{"<r></r>", 1, "<r></r>", nil, true},
		{"<r><l><e>a</e></l></r>", 1, "", nil, false},
		{"<r><e>a</e>", 1, "", nil, false},
		{"<r><E>a</E></r>", 1, "", nil, false},
		{"<r><n:e>a</n:e></r>", 1, "", nil, false},
		{"<r><e a=\"1\">a</e></r>", 1, "", nil, false},
		{"<r><e/></r>", 1, "", nil, false},
		{"<r><!-- <e>a</e> --></r>", 1, "", nil, false},
		{"<r><?x <e>a</e> ?></r>", 1, "", nil, false},
		{"<r>]<e>a</e>]></r>", 1, "", nil, false},
		{"<r a='>'><e>a</e></r>", 1, "", nil, false},
		{"<r a=\">\"><e>a</e></r>", 1, "", nil, false},
		{"<r><e>a\x01</e></r>", 1, "", nil, false},
		{"<r><e>a", 1, "", nil, false},
		{"<", 1, "", nil, false},
	} {
		var got []string
		rest, ok := plainxml.Cut([]byte(c.document), c.depth, []plainxml.Kind{{
			Name: "e",
			Read: func(document []byte, at int) (int, bool) {
				i := slices.Index(document[at:], '<')
				if i < 0 {
					return 0, false
				}
				text, ok := plainxml.AppendText(nil, document[at:at+i])
				end, ends := plainxml.Ends(document, at+i, "e")
				got = append(got, string(text))
				return end, ok && ends
			},
		}})
		if ok != c.ok || ok && (string(rest) != c.rest || !slices.Equal(got, c.want)) {
			t.Errorf("Cut(%q, %d) = %q, %v, with %q; want %q, %v, with %q", c.document, c.depth,
				rest, ok, got, c.rest, c.ok, c.want)
		}
	}
}

// TestElementHasTextOrElements: an element has text or elements, and nothing else.
func TestElementHasTextOrElements(t *testing.T) {
	const none = "(none)"
	for document, want := range map[string]struct {
		name, text string // none: it has elements
		next       int
	}{
		"<a>text</a>rest":      {"a", "text", 11},
		"<a></a>":              {"a", "", 7},
		"<a/>":                 {"a", "", 4},
		"<a />":                {"a", "", 5},
		"<a-B.c_1>x</a-B.c_1>": {"a-B.c_1", "x", 20},
		"<a> \n<b>x</b></a>":   {"a", none, 5},
		"<a><b>":               {"a", none, 3},
		"<a>x<b>":              {},
		"<a>x</b>":             {},
		"<a>x</a":              {},
		"<a>x":                 {},
		"<a>]]></a>":           {},
		"<a b=\"c\">x</a>":     {},
		"<a >x</a>":            {},
		"<n:a>x</n:a>":         {},
		"<1>x</1>":             {},
		"<-a>x</-a>":           {},
		"</a>":                 {},
		"<>":                   {},
		"<a":                   {},
		"<":                    {},
		"a":                    {},
		"":                     {},
	} {
		name, text, next, ok := plainxml.Element([]byte(document), 0)
		got := string(text)
		if ok && text == nil {
			got = none
		}
		if ok != (want.name != "") ||
			ok && (string(name) != want.name || got != want.text || next != want.next) {
			t.Errorf("Element(%q) = %s, %q, %d, %v, want %+v", document, name, got, next, ok, want)
		}
	}
}

// TestAppendText: references stand for characters, and a text with another reference or
// the end of a line is refused.
func TestAppendText(t *testing.T) {
	for text, want := range map[string]string{
		"plain é": "plain é",
		"&quot;&amp;&lt;&gt;&apos;&#34;&#x22;&#xe9;": "\"&<>'\"\"é",
		"&amp;amp;": "&amp;",
	} {
		if got, ok := plainxml.AppendText(nil, []byte(text)); !ok || string(got) != want {
			t.Errorf("AppendText(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"a\rb", "&", "&amp", "&nbsp;", "&#1;", "&#xD800;", "&#x110000;", "&#99999999999;", "&34;",
		"&#;", "&#-5;",
	} {
		if got, ok := plainxml.AppendText(nil, []byte(text)); ok {
			t.Errorf("AppendText(%q) = %q, want none", text, got)
		}
	}
}

// TestSkipTexts: elements that have nothing but text are skipped up to the end.
func TestSkipTexts(t *testing.T) {
	for document, want := range map[string]int{
		"</o>rest":             4,
		" <a>x</a>\n<b/> </o>": 19,
		"<a><b>x</b></a></o>":  0,
		"<a>x</a>":             0,
		"<a>x</a>text</o>":     0,
		"<a>x</a></other></o>": 0,
	} {
		next, ok := plainxml.SkipTexts([]byte(document), 0, "o")
		if ok != (want > 0) || ok && next != want {
			t.Errorf("SkipTexts(%q) = %d, %v, want %d", document, next, ok, want)
		}
	}
}
