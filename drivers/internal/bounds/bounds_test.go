package bounds_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/drivers/internal/bounds"
)

// TestXML: documents of services pass, and documents that would cost a parser too much
// don't.
func TestXML(t *testing.T) {
	long := strings.Repeat("<Contents><Key>a</Key><Size>1</Size></Contents>", 5000)
	for document, want := range map[string]bool{
		"":  true,
		"x": true,
		`<?xml version="1.0"?><!DOCTYPE a><Error><Code>NoSuchKey</Code></Error>`: true,
		"<ListBucketResult><Delimiter/>" + long + "</ListBucketResult>":          true,
		"<a><b":                                  true,
		"<>":                                     true,
		strings.Repeat("<a>", bounds.MaxDepth+1): false,
		strings.Repeat("<a/>", bounds.MaxElements+1):                false,
		strings.Repeat("<a></a>", bounds.MaxElements+1):             false,
		strings.Repeat("<a></a>", bounds.MaxElements):               true,
		strings.Repeat("<a/>", 10*bounds.MaxDepth):                  true,
		"<a " + strings.Repeat(`b="" `, bounds.MaxTag/5) + "/>":     false,
		"<a " + strings.Repeat(`b="" `, bounds.MaxTag/5):            false,
		"<a>" + strings.Repeat("text", bounds.MaxTag) + "</a>":      true,
		"<a>" + strings.Repeat("<b>x</b>", 2*bounds.MaxDepth) + "<": true,
	} {
		if got := bounds.XML([]byte(document)); got != want {
			t.Errorf("%.60q…: %v, want %v", document, got, want)
		}
	}
}

// TestJSON: the values count, and the commas in their texts don't.
func TestJSON(t *testing.T) {
	many := strings.Repeat("1,", bounds.MaxValues)
	for document, want := range map[string]bool{
		"":                                   true,
		`{"items":[` + many + "1]}":          true,
		`{"items":[` + many + "1,1]}":        false,
		`{"items":["",` + many + "1]}":       false,
		`{"items":["\"",` + many + "1]}":     false,
		`{"items":["\\",` + many + "1]}":     false,
		`{"a":"` + many + many + `"}`:        true,
		`{"a":"\"` + many + many + `","b"`:   true,
		`{"a":"` + many + many:               true,
		`{"a":"` + many + many + `\`:         true,
		`{"a":"` + many + `":[` + many:       true,
		`{"a":"","b":"` + many + `",` + many: false,
	} {
		if got := bounds.JSON([]byte(document)); got != want {
			t.Errorf("%.20q of %d bytes: %v, want %v", document, len(document), got, want)
		}
	}
}

// TestReadAll: ReadAll and Hold return everything up to the limit, and the reader's
// error.
func TestReadAll(t *testing.T) {
	for _, n := range []int{0, 1, 4095, 4096, 4097, 100_000, 3 << 20} {
		want := bytes.Repeat([]byte("x"), n)
		for _, limit := range []int64{int64(n), int64(n) + 1} {
			got, err := bounds.ReadAll(iotest.HalfReader(bytes.NewReader(want)), limit)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: %d, %v", n, len(got), err)
			}
			held, err := bounds.Hold(iotest.HalfReader(bytes.NewReader(want)), limit)
			if err != nil {
				t.Errorf("%d bytes, held: %v, want nil", n, err)
			} else if err := iotest.TestReader(held, want); err != nil {
				t.Errorf("%d bytes, held: %v, want nil", n, err)
			}
		}
		if _, err := bounds.ReadAll(bytes.NewReader(want), int64(n)-1); err != bounds.ErrTooLong {
			t.Errorf("%d bytes above the limit: %v, want ErrTooLong", n, err)
		}
		if _, err := bounds.Hold(bytes.NewReader(want), int64(n)-1); err != bounds.ErrTooLong {
			t.Errorf("%d bytes above the limit, held: %v, want ErrTooLong", n, err)
		}
		broken := io.MultiReader(bytes.NewReader(want), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := bounds.ReadAll(broken, 1<<30); err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes, then it breaks: %v, want ErrUnexpectedEOF", n, err)
		}
		broken = io.MultiReader(bytes.NewReader(want), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := bounds.Hold(broken, 1<<30); err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes, held, then it breaks: %v, want ErrUnexpectedEOF", n, err)
		}
	}
}
