package hostile

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// cut sends the response with the body's true length, but closes the connection after n
// bytes of the body. A negative n counts from the body's end.
func cut(x *Exchange, a *Answer, n int) {
	if x.Request.Method == http.MethodHead { // there is no body to cut
		x.Send(a)
		return
	}
	if a.Length = strconv.Itoa(len(a.Body)); len(a.Body) == 0 {
		a.Length = "1" // of a byte that doesn't come
	}
	if n < 0 {
		n = max(len(a.Body)+n, 0)
	}
	a.Body = a.Body[:min(n, len(a.Body))]
	x.Send(a)
}

// bodyWays break or change the bodies of responses.
func bodyWays() []Way {
	return []Way{
		{
			Name: "a body cut in half",
			Why:  "the connection breaks in the middle",
			Do: func(x *Exchange) {
				a := x.Truth()
				cut(x, a, len(a.Body)/2)
			},
			Requests: 12,
		},
		{
			Name: "a body that never begins",
			Why:  "the connection breaks after the headers",
			Do:   func(x *Exchange) { cut(x, x.Truth(), 0) },
		},
		{
			Name:     "a body without its last byte",
			Why:      "the connection breaks just before the end",
			Do:       func(x *Exchange) { cut(x, x.Truth(), -1) },
			Requests: 3,
		},
		{
			Name: "a body that ends with the connection, in half",
			Why:  "HTTP/1.0 proxies send no length, and break",
			Do: func(x *Exchange) {
				a := x.Truth()
				a.Length, a.Body = "none", a.Body[:len(a.Body)/2]
				a.Header.Del("Content-Length")
				x.Send(a)
			},
			Requests: 12,
		},
		{
			Name:  "a damaged byte",
			Why:   "a broken cache; the stored digest doesn't match",
			Whole: true,
			Kinds: readKinds,
			Do: func(x *Exchange) {
				a := x.Truth()
				a.Body = bytes.Clone(a.Body)
				if len(a.Body) > 0 {
					a.Body[len(a.Body)/2] ^= 1
				}
				x.Send(a)
			},
		},
		{
			Name:  "no content at all",
			Why:   "a cache that was full: everything is right except the bytes",
			Kinds: readKinds,
			Do: func(x *Exchange) {
				a := x.Truth()
				a.Body = nil
				a.Header.Set("Content-Length", "0")
				x.Send(a)
			},
		},
		{
			Name:  "another content of another length",
			Why:   "a page instead of the file, with the file's headers",
			Whole: true,
			Kinds: readKinds,
			Do: func(x *Exchange) {
				a := x.Truth()
				a.Body = []byte(loginPage)
				x.Send(a)
			},
		},
		{
			Name: "two answers in one",
			Why:  "the second would be the response to the next request",
			Do: func(x *Exchange) {
				a, b := x.Truth(), &Answer{
					Status: 200,
					Header: html.Clone(),
					Body:   []byte(loginPage),
				}
				x.Raw(func(w *bufio.Writer) {
					h := a.Header.Clone()
					h.Set("Content-Length", a.length())
					fmt.Fprintf(w, "HTTP/1.1 %d OK\r\n", a.status())
					h.Write(w)
					w.WriteString("\r\n")
					if x.Request.Method != http.MethodHead {
						w.Write(a.Body)
					}
					x.write(w, "HTTP/1.1", b)
				})
			},
		},
		{
			Name:     "chunks that end early",
			Why:      "the last chunk is missing",
			Do:       func(x *Exchange) { chunked(x, "", false) },
			Requests: 12,
		},
		{
			Name:     "a chunk of an impossible size",
			Why:      "a parser must not allocate that much",
			Do:       func(x *Exchange) { chunked(x, "7fffffffffffffff\r\n", false) },
			Requests: 12,
		},
		{
			Name:     "a chunk of a size that isn't a number",
			Why:      "garbage in the framing",
			Do:       func(x *Exchange) { chunked(x, "zz\r\n", false) },
			Requests: 12,
		},
	}
}

// chunked sends half of the body in a chunk, and then the text; with end, the last chunk.
func chunked(x *Exchange, then string, end bool) {
	a := x.Truth()
	half := a.Body[:len(a.Body)/2]
	x.Raw(func(w *bufio.Writer) {
		h := a.Header.Clone()
		h.Del("Content-Length")
		fmt.Fprintf(w, "HTTP/1.1 %d OK\r\n", a.status())
		h.Write(w)
		w.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		if len(half) > 0 {
			fmt.Fprintf(w, "%x\r\n%s\r\n", len(half), half)
		}
		w.WriteString(then)
		if end {
			w.WriteString("0\r\n\r\n")
		}
	})
}

// lengthWays lie about the length of bodies.
func lengthWays() []Way {
	lie := func(name, why string, length func(n int) string) Way {
		return Way{
			Name: name,
			Why:  why,
			Do: func(x *Exchange) {
				a := x.Truth()
				n := len(a.Body)
				if length, err := strconv.Atoi(a.Header.Get("Content-Length")); err == nil {
					n = length // of a HEAD
				}
				a.Length = length(n)
				x.Send(a)
			},
			Requests: 12,
		}
	}
	fixed := func(s string) func(int) string { return func(int) string { return s } }
	heads := func(w Way) Way { // no client can check the length in a response to HEAD
		do := w.Do
		w.Do = func(x *Exchange) {
			if x.Request.Method == http.MethodHead {
				x.Pass()
				return
			}
			do(x)
		}
		return w
	}
	return []Way{
		heads(lie("a length that is too long", "more is promised than comes",
			func(n int) string { return strconv.Itoa(n + 10) })),
		heads(lie("a length that is too short", "bytes after the end of the response",
			func(n int) string { return strconv.Itoa(max(n-10, 0)) })),
		heads(lie("a length of nothing", "all bytes come after the end", fixed("0"))),
		lie("no length", "an old proxy: the body ends with the connection", fixed("none")),
		lie("a negative length", "an overflow somewhere", fixed("-5")),
		heads(lie("a huge length", "nothing is allocated for a promise",
			fixed("4611686018427387904"))),
		lie("a length that is no number", "garbage", fixed("many")),
		lie("a length above all numbers", "garbage", fixed("99999999999999999999999")),
		lie("two lengths", "the response to a smuggled request",
			func(n int) string {
				return strconv.Itoa(n) + "\r\nContent-Length: " + strconv.Itoa(n+1)
			}),
		lie("a length of spaces", "garbage", fixed("  ")),
	}
}
