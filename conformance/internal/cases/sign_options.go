package cases

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var signOptionsCases = []suite.Case{
	{
		Rule:  "W1",
		Name:  "head",
		Why:   "a URL that is signed for HEAD must not show the content",
		Needs: feature.Needs(feature.SignHead),
		Run:   signedHead,
	},
	{
		Rule:  "W1",
		Name:  "response",
		Why:   "the holder of a signed GET must not choose what a browser takes it for",
		Needs: feature.Needs(feature.SignGet, feature.SignResponse),
		Run:   signedResponse,
	},
	{
		Rule:  "W1",
		Name:  "size",
		Why:   "a signed PUT with a size must store no other size: its holder doesn't pay for it",
		Needs: feature.Needs(feature.SignPut, feature.SignSize),
		Run:   signedSize,
	},
	{
		Rule:  "W1",
		Name:  "if-absent",
		Why:   "a signed PUT with IfAbsent must not replace a file",
		Needs: feature.Needs(feature.SignPut, feature.SignIfAbsent),
		Run:   signedIfAbsent,
	},
	{
		Rule: "W1",
		Name: "options",
		Why:  "an option that can't be bound must be ErrUnsupported; none may be ignored",
		Run:  signedOptions,
	},
}

// requestWith signs, which must succeed.
func requestWith(t suite.T, h *suite.H, name string, o files.SignOptions) files.SignedURL {
	t.Helper()
	o.Expiry = time.Hour
	s, err := files.SignURL(t.Context(), h.Bucket, name, &o)
	if err != nil {
		t.Fatalf("SignURL with %+v: %v", o, err)
	}
	return s
}

func signedHead(t suite.T, h *suite.H) {
	needSend(t, h)
	check.Puts(t, h, "a.txt")
	s := requestWith(t, h, "a.txt", files.SignOptions{Method: "HEAD"})
	wantStatus(t, h, "HEAD", s, nil, 2)
	wantStatus(t, h, "HEAD of a missing file",
		requestWith(t, h, "missing", files.SignOptions{Method: "HEAD"}), nil, 4)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.Method = method
		wantStatus(t, h, method+" with a URL that was signed for HEAD", s, []byte("x"), 4)
	}
	check.WantContent(t, h, "a.txt", []byte("a.txt"))
}

func signedResponse(t suite.T, h *suite.H) {
	needSend(t, h)
	check.Puts(t, h, "a.txt")
	for what, o := range map[string]files.SignOptions{
		"type":        {ResponseType: "text/x-first"},
		"disposition": {ResponseDisposition: `attachment; filename="x-first &+.txt"`},
		"both": {
			ResponseType:        "text/plain; charset=utf-8",
			ResponseDisposition: "x-first",
		},
	} {
		s := requestWith(t, h, "a.txt", o)
		got := wantStatus(t, h, "GET with a "+what+" of the response", s, nil, 2)
		if d := check.Diff(got, []byte("a.txt")); d != "" {
			t.Errorf("GET with a %s of the response: the content %s", what, d)
		}
		changed := s
		changed.URL = strings.Replace(s.URL, "x-first", "x-other", 1)
		if changed.URL == s.URL {
			t.Errorf("the URL %q doesn't show the %s of the response", s, what)
			continue
		}
		wantStatus(t, h, "GET with another "+what+" of the response", changed, nil, 4)
	}
}

func signedSize(t suite.T, h *suite.H) {
	needSend(t, h)
	const size = 1000
	o := files.SignOptions{Method: "PUT", Size: size}
	for what, n := range map[string]int{
		"one byte more":  size + 1,
		"one byte fewer": size - 1,
		"no bytes":       0,
		"ten times more": 10 * size,
	} {
		wantStatus(t, h, "PUT of "+what+" than was signed", requestWith(t, h, "a.bin", o),
			bytes.Repeat([]byte("x"), n), 4)
		check.WantOnly(t, h)
	}
	c := check.Content(1, size)
	wantStatus(t, h, "PUT of the size that was signed", requestWith(t, h, "a.bin", o), c, 2)
	check.WantContent(t, h, "a.bin", c)
	if most := h.F.MaxSize; most > 0 {
		o.Size = most + 1
		_, err := files.SignURL(t.Context(), h.Bucket, "a.bin", &o)
		check.WantErr(t, "SignURL with a size beyond MaxSize", err, files.ErrTooLarge)
	}
}

func signedIfAbsent(t suite.T, h *suite.H) {
	needSend(t, h)
	o := files.SignOptions{Method: "PUT", IfAbsent: true}
	bare := requestWith(t, h, "other.bin", o)
	bare.Header = nil
	wantStatus(t, h, "PUT without the headers that must be sent", bare, []byte("x"), 4)
	check.WantOnly(t, h)
	s := requestWith(t, h, "a.bin", o)
	wantStatus(t, h, "PUT of a new file", s, []byte("first"), 2)
	wantStatus(t, h, "PUT of a file that is there", s, []byte("second"), 4)
	s.Header = nil
	wantStatus(t, h, "PUT of a file that is there, without the headers", s, []byte("third"), 4)
	check.WantContent(t, h, "a.bin", []byte("first"))
	check.WantOnly(t, h, "a.bin")
}

// signOption is how a field of files.SignOptions is tried.
type signOption struct {
	o       files.SignOptions
	claimed func(files.Features) bool
}

// signOptionsOf has each field but Method and Expiry, which have cases of their own.
var signOptionsOf = map[string]signOption{
	"ContentType": {
		files.SignOptions{Method: "PUT", ContentType: "text/x-own"},
		func(f files.Features) bool { return f.SignPut && f.SignContentType },
	},
	"ResponseType": {
		files.SignOptions{ResponseType: "text/x-own"},
		func(f files.Features) bool { return f.SignGet && f.SignResponse },
	},
	"ResponseDisposition": {
		files.SignOptions{ResponseDisposition: "attachment"},
		func(f files.Features) bool { return f.SignGet && f.SignResponse },
	},
	"Size": {
		files.SignOptions{Method: "PUT", Size: 9},
		func(f files.Features) bool { return f.SignPut && f.SignSize },
	},
	"MaxSize": {
		files.SignOptions{Method: "PUT", MaxSize: 9},
		func(files.Features) bool { return false },
	},
	"IfAbsent": {
		files.SignOptions{Method: "PUT", IfAbsent: true},
		func(f files.Features) bool { return f.SignPut && f.SignIfAbsent },
	},
}

// signedOptions signs with each option, through each bucket that a caller may have.
func signedOptions(t suite.T, h *suite.H) {
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	all := reflect.TypeFor[files.SignOptions]()
	for i := range all.NumField() {
		field := all.Field(i).Name
		option, ok := signOptionsOf[field]
		switch {
		case field == "Method" || field == "Expiry":
			continue
		case !ok || reflect.ValueOf(option.o).Field(i).IsZero():
			t.Errorf("the suite doesn't know the option %s", field)
			continue
		}
		for what, b := range map[string]files.Bucket{"the bucket": h.Bucket, "Sub": sub} {
			signOneOption(t, what+" with "+field, b, option)
		}
	}
	check.WantOnly(t, h)
}

func signOneOption(t suite.T, what string, b files.Bucket, option signOption) {
	o := option.o
	o.Expiry = time.Hour
	claimed := option.claimed(b.Features())
	with, err := files.SignURL(t.Context(), b, "a", &o)
	if !claimed {
		check.WantErr(t, "SignURL of "+what+", which is not claimed", err, files.ErrUnsupported)
		return
	}
	if err != nil {
		t.Errorf("SignURL of %s, which is claimed: %v", what, err)
		return
	}
	plain := files.SignOptions{Method: o.Method, Expiry: time.Hour}
	without, err := files.SignURL(t.Context(), b, "a", &plain)
	if err != nil {
		t.Errorf("SignURL of %s without the option: %v", what, err)
		return
	}
	if with.URL == without.URL && fmt.Sprint(with.Header) == fmt.Sprint(without.Header) {
		t.Errorf("SignURL of %s signs the same as without the option, which it ignores", what)
	}
}
