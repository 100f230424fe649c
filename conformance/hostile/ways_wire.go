package hostile

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"time"
)

// raw returns a Do that sends the text and closes the connection.
func raw(text string) func(*Exchange) {
	return func(x *Exchange) { x.Raw(func(w *bufio.Writer) { w.WriteString(text) }) }
}

// wireWays break HTTP itself.
func wireWays() []Way {
	garbage := func(name, why, text string) Way {
		return Way{
			Name: name,
			Why:  why,
			Do:   raw(text),
		}
	}
	flood := func(name, why, head, line string) Way {
		return Way{
			Name:  name,
			Why:   why,
			Heavy: true,
			Do: func(x *Exchange) {
				x.Raw(func(w *bufio.Writer) {
					w.WriteString(head)
					endless(line)(w)
				})
			},
		}
	}
	return []Way{
		{
			Name:  "a connection closed at once",
			Why:   "before the request was read",
			Early: true,
			Do:    (*Exchange).Reset,
		},
		{
			Name: "a connection closed before",
			Why:  "the request was read, and nothing was done",
			Do:   (*Exchange).Reset,
		},
		{
			Name: "a connection closed after",
			Why:  "the request was done, and the response is lost",
			Do: func(x *Exchange) {
				x.Truth()
				x.Reset()
			},
		},
		{
			Name: "an end within the first line",
			Why:  "the request was done, and the response breaks",
			Do: func(x *Exchange) {
				x.Truth()
				x.Raw(func(w *bufio.Writer) { w.WriteString("HTTP/1.1 20") })
			},
		},
		{
			Name: "an end within the headers",
			Why:  "the request was done, and the response breaks",
			Do: func(x *Exchange) {
				x.Truth()
				x.Raw(func(w *bufio.Writer) { w.WriteString("HTTP/1.1 200 OK\r\nContent-Le") })
			},
		},
		{
			Name:  "an answer before the request",
			Why:   "the server refused it without reading the content",
			Early: true,
			Do: func(x *Exchange) {
				x.Raw(func(w *bufio.Writer) {
					w.WriteString("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n" +
						"Content-Length: 0\r\n\r\n")
				})
			},
		},
		garbage("a line that isn't HTTP's", "another protocol's port", "SSH-2.0-OpenSSH_9.6\r\n"),
		garbage("TLS in place of HTTP", "https on the other side", "\x15\x03\x03\x00\x02\x02\x46"),
		garbage("HTTP/2 in place of HTTP/1.1", "frames",
			"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00"),
		garbage("HTTP/0.9", "a body without a status and headers", loginPage),
		garbage("a status of four digits", "not a status", "HTTP/1.1 2000 OK\r\n\r\n"),
		garbage("a negative status", "not a status", "HTTP/1.1 -20 OK\r\n\r\n"),
		garbage("a header without a colon", "not a header", "HTTP/1.1 200 OK\r\nwhatever\r\n\r\n"),
		garbage("a header with a zero byte", "not a header", "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n"),
		garbage("101 in place of an answer", "the client requested no other protocol",
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nx"),
		{
			Name: "HTTP/1.0",
			Why:  "an old proxy; everything else is true",
			Do: func(x *Exchange) {
				a := x.Truth()
				x.Raw(func(w *bufio.Writer) { x.write(w, "HTTP/1.0", a) })
			},
		},
		{
			Name: "three informational answers",
			Why:  "they come before the true response, and mean nothing",
			Do: func(x *Exchange) {
				a := x.Truth()
				x.Raw(func(w *bufio.Writer) {
					w.WriteString("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
						"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
					x.write(w, "HTTP/1.1", a)
				})
			},
		},
		{
			Name: "trailers that contradict",
			Why:  "headers after a body change nothing",
			Do: func(x *Exchange) {
				a := x.Truth()
				if x.Request.Method == http.MethodHead || a.status() == 204 {
					x.Send(a)
					return
				}
				x.w.Header().Set("Trailer", "Etag, Content-Range")
				for k, v := range a.Header {
					if k != "Content-Length" {
						x.w.Header()[k] = v
					}
				}
				x.w.Header().Set("X-Accel", "x")
				x.w.WriteHeader(a.status())
				x.w.Write(a.Body)
				x.w.(http.Flusher).Flush()
				x.w.Header().Set(http.TrailerPrefix+"Content-Range", "bytes 0-0/1")
			},
			Requests: 3,
		},
		flood("100 Continue without an end", "one is enough", "", "HTTP/1.1 100 Continue\r\n\r\n"),
		flood("103 Early Hints without an end", "one is enough", "",
			"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"),
		flood("headers without an end", "a few KiB are enough", "HTTP/1.1 200 OK\r\n",
			"X-Header: "+strings.Repeat("v", 100)+"\r\n"),
		flood("a header without an end", "a few KiB are enough", "HTTP/1.1 200 OK\r\nX: ", "v"),
		flood("a first line without an end", "a few bytes are enough", "HTTP/1.1 200 ", "v"),
		flood("a chunk's extension without an end", "no client needs one",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x"),
		flood("trailers without an end", "no client needs them",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
			"X-Trailer: "+strings.Repeat("v", 100)+"\r\n"),
	}
}

// drip is the time between two bytes.
const drip = 10 * time.Millisecond

// silentWays make the client wait.
func silentWays() []Way {
	stalls := func(name, why string, do func(x *Exchange)) Way {
		return Way{
			Name:   name,
			Why:    why,
			Stalls: true,
			Always: true,
			Do:     do,
		}
	}
	early := stalls("no look at the request", "the server doesn't even read it", (*Exchange).Wait)
	early.Early = true
	slowly := func(x *Exchange, text string) {
		x.Raw(func(w *bufio.Writer) {
			for i := 0; i < len(text) && x.Sleep(drip); i++ {
				w.WriteByte(text[i])
				if w.Flush() != nil {
					return
				}
			}
		})
	}
	return []Way{
		early,
		stalls("silence before", "nothing is done, and nothing comes", (*Exchange).Wait),
		stalls("silence after", "it is done, and nothing comes", func(x *Exchange) {
			x.Truth()
			x.Wait()
		}),
		stalls("headers that drip", "a byte at a time", func(x *Exchange) {
			slowly(x, "HTTP/1.1 200 OK\r\nX-Header: "+strings.Repeat("v", 1<<20))
		}),
		stalls("a body that drips", "a byte at a time", func(x *Exchange) {
			a := x.Truth()
			x.Raw(func(w *bufio.Writer) {
				b := *a
				b.Body, b.Length = nil, a.length()
				if x.Request.Method != http.MethodHead && len(a.Body) == 0 {
					b.Length = "1000000"
				}
				x.write(w, "HTTP/1.1", &b)
				for i := 0; w.Flush() == nil && x.Sleep(drip); i++ {
					c := byte(' ')
					if i < len(a.Body) {
						c = a.Body[i]
					}
					w.WriteByte(c)
				}
			})
		}),
		stalls("an error that drips", "a byte at a time", func(x *Exchange) {
			slowly(x, "HTTP/1.1 500 Error\r\nContent-Type: text/html\r\n\r\n"+
				strings.Repeat("sorry", 1<<18))
		}),
		stalls("silence within the body", "half of it comes", func(x *Exchange) {
			a := x.Truth()
			half := &Answer{
				Status: a.Status,
				Header: a.Header,
				Body:   a.Body[:len(a.Body)/2],
				Length: a.length(),
			}
			half.Stream = func(w io.Writer) error {
				w.(*bufio.Writer).Flush()
				x.Wait()
				return nil
			}
			x.Send(half)
		}),
	}
}
