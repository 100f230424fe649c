package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf16"
)

// documents are the kinds of requests whose response is a document.
var documents = []Kind{List, Begin, Commit, Copy, DeleteMany}

// documentWays send broken documents, as successes and as errors.
func documentWays(s *Service) []Way {
	in := func(name, why, body string) Way {
		return Way{
			Name:  name,
			Why:   why,
			Kinds: documents,
			Heavy: len(body) > 1<<20,
			Do:    func(x *Exchange) { x.Send(x.document(body)) },
		}
	}
	errs := func(name, why, body string) Way {
		return Way{
			Name:  name,
			Why:   why,
			Heavy: len(body) > 1<<20,
			Do: func(x *Exchange) {
				a := x.document(body)
				a.Status = 404
				x.Send(a)
			},
		}
	}
	encoded := func(name, why, encoding string, encode func([]byte) []byte) Way {
		return Way{
			Name:  name,
			Why:   why,
			Kinds: documents,
			Do: func(x *Exchange) {
				a := x.Truth()
				if a.Body = encode(a.Body); encoding != "" {
					a.Header.Set("Content-Encoding", encoding)
				}
				x.Send(a)
			},
		}
	}
	same := func(p []byte) []byte { return p }
	ways := []Way{
		in("a document of nothing", "an empty body is not a document", ""),
		in("a document of spaces", "an empty body is not a document", " \n\t"),
		in("a document of zeros", "a sparse file", strings.Repeat("\x00", 4096)),
		in("a document that isn't UTF-8", "bytes", "\xff\xfe\xfd\x80"),
		errs("a 404 of zeros", "the service didn't write it", strings.Repeat("\x00", 4096)),
		errs("a 404 that isn't UTF-8", "the service didn't write it", "\xff\xfe\xfd\x80"),
		encoded("a document that says it is compressed", "it isn't compressed", "gzip", same),
		encoded("a document of an unknown encoding", "it isn't encoded", "br", same),
		encoded("a document cut in half", "Content-Length is right",
			"", func(p []byte) []byte { return p[:len(p)/2] }),
		encoded("a document in UTF-16", "it says that it is UTF-8", "", utf16Of),
		encoded("a document compressed, and cut", "half of the stream", "gzip",
			func(p []byte) []byte {
				z := zipped(p)
				return z[:len(z)/2]
			}),
	}
	if s.Markup == JSON {
		return append(ways,
			in("an empty object", "no kind, and nothing in it", "{}"),
			in("null", "a value, but not a document", "null"),
			in("a number", "a value, but not a document", "12345678901234567890e999999"),
			in("objects that nest", "a parser that recurses", strings.Repeat(`{"a":`, 1<<20)),
			in("lists that nest", "a parser that recurses", strings.Repeat("[", 1<<20)),
			errs("an error of objects that nest", "a parser that recurses",
				`{"error":`+strings.Repeat(`{"a":`, 1<<20)),
			in("keys twice", "it isn't clear which of the two counts",
				`{"kind":"storage#objects","kind":1,"items":{}}`),
			in("values of other types", "the parser must not panic",
				`{"items":{"name":[1]},"prefixes":7,"nextPageToken":{},`+
					`"done":"yes","resource":[]}`),
		)
	}
	return append(ways,
		in("a root without anything", "a listing that doesn't say that it ends", emptyRoots(s)),
		in("elements that nest", "a parser that recurses, or keeps all of them",
			strings.Repeat("<a>", 1<<20)),
		errs("an error of elements that nest", "a parser that recurses, or keeps all of them",
			"<Error>"+strings.Repeat("<a>", 1<<20)),
		in("entities of entities", "a bomb of a few lines", bomb),
		errs("an error of entities of entities", "a bomb of a few lines", bomb),
		in("an external entity", "a parser must not fetch it", `<?xml version="1.0"?><!DOCTYPE a [`+
			`<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`),
		in("an element of a million attributes", "a parser that keeps all of them",
			"<a "+strings.Repeat(`b="" `, 1<<20)+"/>"),
		in("XML 1.1 in another character set", "no client supports it",
			`<?xml version="1.1" encoding="EBCDIC-CP-US"?><a/>`),
	)
}

func emptyRoots(s *Service) string {
	_, body := s.WritePage(Page{})
	body = body[strings.Index(body, "?>")+2:]
	root, _, _ := strings.Cut(strings.TrimLeft(body, " \n<"), " ")
	root, _, _ = strings.Cut(root, ">")
	return fmt.Sprintf("<%s></%s>", root, root)
}

const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">` +
	`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">` +
	`<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">` +
	`<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]><Error><Code>&f;</Code></Error>`

func utf16Of(p []byte) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(p))) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func zipped(p []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(p)
	z.Close()
	return b.Bytes()
}

// zeros writes a gzip stream of a gibibyte of zeros, in members of 16 MiB.
func zeros(w io.Writer) error {
	for range 64 {
		if _, err := w.Write(member()); err != nil {
			return err
		}
	}
	return nil
}

var member = sync.OnceValue(func() []byte { return zipped(make([]byte, 16<<20)) })

// endless returns a stream that repeats the text, until the client stops reading or
// 128 MiB are written, which is more than a client may keep.
func endless(text string) func(io.Writer) error {
	block := []byte(strings.Repeat(text, max(1, (32<<10)/len(text))))
	return func(w io.Writer) error {
		for range (128 << 20) / len(block) {
			if _, err := w.Write(block); err != nil {
				return err
			}
		}
		return nil
	}
}

// swollen adds 8 MiB of empty entries to a page.
func swollen(a *Answer) *Answer {
	for _, in := range []struct{ unit, before, behind string }{
		{"<Blob/>", "</Blobs>", ""},
		{"<Contents/>", "</ListBucketResult>", ""},
		{"{},", "", `"items":[`},
	} {
		at := bytes.Index(a.Body, []byte(in.before+in.behind))
		if at < 0 {
			continue
		}
		at += len(in.behind)
		tail := a.Body[at:]
		a.Body = a.Body[:at:at]
		a.Header.Del("Content-Length")
		a.Stream = func(w io.Writer) error {
			block := []byte(strings.Repeat(in.unit, (32<<10)/len(in.unit)))
			for range 8 << 20 / len(block) {
				if _, err := w.Write(block); err != nil {
					return err
				}
			}
			_, err := w.Write(tail)
			return err
		}
		break
	}
	return a
}

// floodWays send far more than any client needs.
func floodWays(s *Service) []Way {
	type flood struct {
		name, why string
		kinds     []Kind
		response  func(x *Exchange) *Answer
	}
	page := func(x *Exchange) *Answer { return x.document("") }
	var ways []Way
	for _, f := range []flood{
		{"an error page without an end", "a few MiB of an error are enough", nil,
			func(x *Exchange) *Answer {
				return &Answer{Status: 500, Header: html.Clone(), Stream: endless("<p>sorry</p>")}
			}},
		{"a 404 without an end", "a few MiB of an error are enough", nil,
			func(x *Exchange) *Answer {
				return &Answer{Status: 404, Header: html.Clone(), Stream: endless("<p>sorry</p>")}
			}},
		{"an error of the service's without an end", "a few MiB of an error are enough", nil,
			func(x *Exchange) *Answer {
				h, body := x.Service.Refusal(x.Request, 503, x.Service.Words.SlowDown, "")
				return &Answer{
					Status: 503,
					Header: h,
					Body:   []byte(body),
					Stream: endless(" "),
				}
			}},
		{"an answer without an end to a write", "such a response has a few bytes, or none",
			[]Kind{Write, Part, Delete},
			func(x *Exchange) *Answer {
				a := x.Truth()
				a.Status, a.Stream = 200, endless("x")
				a.Header.Del("Content-Length")
				return a
			}},
		{"a document without an end", "a page has a few MiB", documents,
			func(x *Exchange) *Answer {
				a := page(x)
				if a.Stream = endless("<Contents><Key>dir/a</Key></Contents>"); s.Markup == JSON {
					a.Stream = endless(`{"items":[{"name":"dir/a"},`)
				}
				return a
			}},
		{"a page of entries that have nothing", "a parser turns few bytes into many", []Kind{List},
			func(x *Exchange) *Answer { return swollen(x.Truth()) }},
		{"a document of spaces without an end", "a page has a few MiB", documents,
			func(x *Exchange) *Answer {
				a := page(x)
				a.Stream = endless(" ")
				return a
			}},
		{"a gibibyte, compressed", "a bomb", nil,
			func(x *Exchange) *Answer {
				a := page(x)
				a.Header.Set("Content-Encoding", "gzip")
				a.Stream = zeros
				return a
			}},
		{"content without an end", "more than the file has", readKinds,
			func(x *Exchange) *Answer {
				a := x.Truth()
				a.Header.Del("Content-Length")
				a.Stream = endless("more")
				return a
			}},
	} {
		ways = append(ways, Way{
			Name:     f.name,
			Why:      f.why,
			Kinds:    f.kinds,
			Heavy:    true,
			Do:       func(x *Exchange) { x.Send(f.response(x)) },
			Requests: 2,
		})
	}
	many := http.Header{}
	for i := range 20_000 {
		many.Set(fmt.Sprintf("X-Amz-Meta-%d", i), "value")
	}
	long := strings.Repeat("v", 512<<10)
	return append(ways,
		Way{
			Name:  "twenty thousand headers",
			Why:   "a response's headers have a few KiB",
			Heavy: true,
			Do:    func(x *Exchange) { x.Send(&Answer{Header: many}) },
			Kinds: []Kind{Head, Read, List, Write, Begin, Part, Commit, Copy, DeleteMany},
		},
		Way{
			Name: "a header of half a mebibyte",
			Why:  "a response's headers have a few KiB",
			Do: func(x *Exchange) {
				a := x.Truth()
				a.Header.Set("X-Whatever", long)
				x.Send(a)
			},
		})
}
