package oddtext_test

import (
	"encoding/xml"
	"testing"

	"cloudfiles.dev/drivers/internal/oddtext"
)

// TestXML: text that XML can't hold is readable, and comes back byte for byte.
func TestXML(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"plain ü 語 &amp; &lt;b&#x41;&#65;&gt;&quot;&apos;": "plain ü 語 & <bAA>\"'",
		"a&#x1;b":                         "a\x01b",
		"a&#1;b&#31;&#X1f;":               "a\x01b\x1f\x1f",
		"a\x01b":                          "a\x01b",
		"a\xFFb\xC3":                      "a\xFFb\xC3",
		"a\xED\xA0\x80b":                  "a\xED\xA0\x80b",
		"a&#xD800;b&#xdfff;":              "a\xED\xA0\x80b\xED\xBF\xBF",
		"a&#xFFFE;\uFFFF":                 "a\uFFFE\uFFFF",
		"a\uFFFDb":                        "a\uFFFDb",
		"\U0010FF01\U0010FFFF&#x10FF02;":  "\U0010FF01\U0010FFFF\U0010FF02",
		"\U0010FEFF":                      "\U0010FEFF",
		"a&b":                             "a&b",
		"a & b &nbsp; &":                  "a & b &nbsp; &",
		"&#; &#x110000; &#xzz; &;":        "&#; &#x110000; &#xzz; &;",
		"&#99999999999999;":               "&#99999999999999;",
		"&#x00000000000000041;":           "A",
		"<![CDATA[a<b&c&#x1;&lt;\x01]]>&": "a<b&c&#x1;&lt;\x01&",
	} {
		document := []byte("<a>" + in + "</a>")
		var got struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(oddtext.XML(document), &got); err != nil {
			t.Errorf("%q: %v, want nil", in, err)
		} else if s := oddtext.Restore(got.Text); s != want {
			t.Errorf("%q: %q, want %q", in, s, want)
		}
	}
}

// TestValidDocumentIsNotCopied: a valid document isn't copied.
func TestValidDocumentIsNotCopied(t *testing.T) {
	document := []byte("<?xml version=\"1.0\"?>\n<a>\t\r\nü&amp;&#10;</a>")
	if got := oddtext.XML(document); &got[0] != &document[0] {
		t.Error("a valid document was copied")
	}
}

// FuzzXML: text without markup comes back byte for byte, and nothing panics.
func FuzzXML(f *testing.F) {
	for _, s := range []string{"a&#x1;b", "\xFF&", "&#xD800;", "\U0010FF01", "<![CDATA[&]]>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b []byte
		// no markup, no references, and no carriage returns, which XML changes
		for i := range len(s) {
			if c := s[i]; c != '<' && c != '&' && c != '\r' && c != '>' {
				b = append(b, c)
			}
		}
		var got struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(oddtext.XML([]byte("<a>"+string(b)+"</a>")), &got); err != nil {
			t.Fatalf("the document with %q can't be decoded: %v", b, err)
		}
		if back := oddtext.Restore(got.Text); back != string(b) {
			t.Errorf("%q: %q, want %q", b, back, string(b))
		}
		oddtext.Restore(string(oddtext.XML([]byte(s))))
	})
}
