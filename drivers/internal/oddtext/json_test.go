package oddtext_test

import (
	"encoding/json"
	"testing"

	"cloudfiles.dev/drivers/internal/oddtext"
)

// TestJSON: text that JSON can't hold is readable, and comes back byte for byte.
func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		``:                         "",
		`plain ü 語 \n\"\\\/\u0041`: "plain ü 語 \n\"\\/A",
		"a\x01b":                   "a\x01b",
		`a\u0001b`:                 "a\x01b",
		"a\xFFb\xC3":               "a\xFFb\xC3",
		`a\ud800b`:                 "a\xED\xA0\x80b",
		`a\uDFFFb`:                 "a\xED\xBF\xBFb",
		`a\ud800\ud800b`:           "a\xED\xA0\x80\xED\xA0\x80b",
		`a\ud83d\ude00b`:           "a\U0001F600b",
		`\udbff\udf01\ud800`:       "\U0010FF01\xED\xA0\x80",
		"\U0010FF01\xFF":           "\U0010FF01\xFF",
		`\\ud800`:                  `\ud800`,
		"a\uFFFDb\uFFFE":           "a\uFFFDb\uFFFE",
		"\x01\t\n":                 "\x01\t\n",
		`\"\ud800\"`:               "\"\xED\xA0\x80\"",
	} {
		document := []byte("{\n\t\"a\": [\"" + in + `", "b"], "c": "d"}`)
		var got struct{ A []string }
		if err := json.Unmarshal(oddtext.JSON(document), &got); err != nil {
			t.Errorf("%q: %v, want nil", in, err)
		} else if s := oddtext.Restore(got.A[0]); s != want || got.A[1] != "b" {
			t.Errorf("%q: %q, want %q", in, s, want)
		}
	}
	document := []byte("{\n\t\"a\": \"ü\\u0041\"}")
	if got := oddtext.JSON(document); &got[0] != &document[0] {
		t.Error("a valid document was copied")
	}
}

// FuzzJSON: a document that a parser can read is still readable, and nothing panics.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\ud800"}`, "[\"\xFF\"]", `["\ud83d\ude00\\"]`, `"\u`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		anew := oddtext.JSON([]byte(s))
		var was, is any
		if json.Unmarshal([]byte(s), &was) != nil {
			return
		}
		if err := json.Unmarshal(anew, &is); err != nil {
			t.Errorf("%q: %v, want nil", anew, err)
		}
	})
}
