package s3

import (
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

func pageOf(inside string) string {
	return "<ListBucketResult><IsTruncated>false</IsTruncated>" + inside + "</ListBucketResult>"
}

// TestOddPage: a key that XML can't hold or that can't be decoded, and odd elements
// that nothing needs, don't fail a page.
func TestOddPage(t *testing.T) {
	object := func(key string) string {
		return "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>"
	}
	for in, want := range map[string]string{
		object("a\xFFb") + object("c"):                                    "(a\xFFb) c",
		object("a&#xD800;b") + object("c"):                                "(a\xED\xA0\x80b) c",
		object("a&#xFFFE;b") + object("c"):                                "a\uFFFEb c",
		object("a\x01b") + object("c"):                                    "(a\x01b) c",
		object("a & b") + object("a&nbsp;b"):                              "a & b a&nbsp;b",
		object("<![CDATA[a&b]]>"):                                         "a&b",
		object("\U0010FF01"):                                              "\U0010FF01",
		"<MaxKeys></MaxKeys><KeyCount>many</KeyCount>" + object("c"):      "c",
		"<MaxKeys/><KeyCount/>" + object("c"):                             "c",
		object("b</Key><RestoreStatus>soon</RestoreStatus><Key>c"):        "c",
		"<EncodingType>url</EncodingType>" + object("a%zz") + object("c"): "(a%zz) c",
		"<EncodingType>url</EncodingType>" + object("b") + object("%"):    "b (%)",
		"<EncodingType>url</EncodingType>" + object("a%FF") + object("b"): "(a\xFF) b",
	} {
		b, requests := hostile(t, amazon, says(pageOf(in)))
		for _, foreign := range []bool{false, true} {
			var got []string
			for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: foreign}) {
				switch {
				case err != nil:
					t.Errorf("listing the page %q: %v", in, err)
				case e.Key != "":
					got = append(got, "("+e.Key+")")
				default:
					got = append(got, e.Name)
				}
			}
			want := want
			if !foreign {
				var kept []string
				for s := range strings.SplitSeq(want, " ") {
					if !strings.HasPrefix(s, "(") {
						kept = append(kept, s)
					}
				}
				want = strings.Join(kept, " ")
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%q, foreign %v: %q, want %q", in, foreign, s, want)
			}
		}
		if n := requests.Load(); n != 2 {
			t.Errorf("%q: %d requests, want 2", in, n)
		}
	}
}

// TestOddPageIsCheap: unclosed elements don't take time that grows with the square of
// the page.
func TestOddPageIsCheap(t *testing.T) {
	open := strings.Repeat("<RestoreStatus>", 1<<20)
	begin := time.Now()
	if got := repairPage([]byte(open)); string(got) != open {
		t.Error("it was changed")
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("it took %v, want at most %v", d, 30*time.Second)
	}
}
