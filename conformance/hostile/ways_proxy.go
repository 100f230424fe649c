package hostile

import (
	"net/http"
	"strconv"

	"cloudfiles.dev/files"
)

const loginPage = "<!DOCTYPE html><html><head><title>Sign in</title></head>" +
	"<body><form action=\"/login\"></form></body></html>"

var html = http.Header{"Content-Type": {"text/html; charset=utf-8"}}

// plainly returns a Do that sends the same response to each request.
func plainly(status int, h http.Header, body string) func(*Exchange) {
	return func(x *Exchange) {
		x.Send(&Answer{Status: status, Header: h.Clone(), Body: []byte(body)})
	}
}

// proxyWays are responses of something in front of the service, or in its place.
func proxyWays() []Way {
	text := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	ways := []Way{
		{
			Name: "a login page",
			Why:  "a captive portal responds to everything with its own page and 200",
			Do:   plainly(200, html, loginPage),
		},
		{
			Name: "an empty 200",
			Why:  "a static server, or a gateway without a backend",
			Do:   plainly(200, http.Header{}, ""),
			// Some services respond to a delete with an empty 200.
			Kinds: []Kind{Other, Head, Read, List, Write, Begin, Part, Commit, Copy, DeleteMany},
		},
		{
			Name:  "a 204",
			Why:   "a captive portal's own test page",
			Do:    plainly(204, http.Header{}, ""),
			Kinds: []Kind{Other, Head, Read, List, Write, Begin, Part, Commit, Copy, DeleteMany},
		},
		{
			Name:  "a 202 with nothing",
			Why:   "a queue in front took the request, and nothing is done yet",
			Do:    plainly(202, http.Header{}, ""),
			Kinds: []Kind{Other, Head, Read, List, Write, Begin, Part, Commit, Copy, DeleteMany},
		},
		{
			Name: "another application's JSON",
			Why:  "the endpoint is some other service's",
			Do: plainly(200, http.Header{"Content-Type": {"application/json"}},
				`{"status":"ok","items":[],"uploads":[]}`),
		},
		{
			Name: "another application's XML",
			Why:  "the endpoint is some other service's",
			Do: plainly(200, http.Header{"Content-Type": {"application/xml"}},
				`<?xml version="1.0"?><Answer><Status>ok</Status></Answer>`),
		},
		{
			Name: "a directory of a web server",
			Why:  "nginx with autoindex, in JSON",
			Do: plainly(200, http.Header{"Content-Type": {"application/json"}},
				`[{"name":"a","type":"file","size":1}]`),
		},
		{
			Name: "a 206 of a page",
			Why:  "a cache that sends a part of its own error page",
			Do: plainly(206, http.Header{
				"Content-Type":  {"text/html"},
				"Content-Range": {"bytes 0-4/5"},
			}, "<html"),
		},
	}
	for _, c := range []struct {
		status int
		what   string
		header http.Header
		body   string
	}{
		{404, "a web server's 404", html, "<html><body><h1>Not Found</h1></body></html>"},
		{404, "a proxy's 404", text, "404 page not found\n"},
		{404, "an empty 404", http.Header{}, ""},
		{410, "a web server's 410", html, "<html>Gone</html>"},
		{401, "a proxy's 401", http.Header{"Www-Authenticate": {`Basic realm="x"`}}, ""},
		{403, "a gateway's 403", html, loginPage},
		{403, "an empty 403", http.Header{}, ""},
		{405, "a web server's 405", html, "<html>Method Not Allowed</html>"},
		{407, "a proxy that wants a password", http.Header{"Proxy-Authenticate": {"Basic"}}, ""},
		{409, "a proxy's 409", html, loginPage},
		{412, "a proxy's 412", html, "<html>Precondition Failed</html>"},
		{413, "a proxy's 413", html, "<html>Request Entity Too Large</html>"},
		{416, "a proxy's 416", html, "<html>Range Not Satisfiable</html>"},
		{418, "a teapot", text, "short and stout"},
		{451, "a provider's 451", html, "<html>Unavailable</html>"},
		{501, "a simple server's 501", html, "<html>Unsupported method</html>"},
	} {
		w := Way{
			Name: c.what,
			Why:  "a status alone says nothing about a file",
			Do:   plainly(c.status, c.header, c.body),
		}
		ways = append(ways, w)
	}
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		s := strconv.Itoa(status)
		ways = append(ways,
			Way{
				Name: "a bare " + s + " before",
				Why:  "the gateway responded, and the service never got the request",
				Do:   plainly(status, http.Header{}, ""),
			},
			Way{
				Name: "a bare " + s + " after",
				Why:  "the service did it, and then the gateway responded",
				Do: func(x *Exchange) {
					x.Truth()
					x.Send(&Answer{Status: status, Header: http.Header{}})
				},
			})
	}
	return append(ways, Way{
		Name: "a page with 503 after",
		Why:  "the service did it, and then the load balancer responded",
		Do: func(x *Exchange) {
			x.Truth()
			x.Send(&Answer{Status: 503, Header: html.Clone(), Body: []byte("<html>busy</html>")})
		},
	})
}

// statusWays are errors in the service's own form that don't fit the request.
func statusWays() []Way {
	return []Way{
		{
			Name: "the service's 500 after",
			Why:  "an internal error leaves open whether it was done",
			Do: func(x *Exchange) {
				x.Truth()
				x.Refuse(500, x.Service.Words.Internal)
			},
		},
		{
			Name: "the service's 503",
			Why:  "the service is busy; the number of attempts is bounded",
			Do:   func(x *Exchange) { x.Refuse(503, x.Service.Words.SlowDown) },
		},
		{
			Name: "a 412 that nobody asked for",
			Why:  "a condition that wasn't sent can't fail",
			Do:   func(x *Exchange) { x.Refuse(412, x.Service.Words.Precondition) },
			Says: conditions,
		},
		{
			Name: "a 304 that nobody asked for",
			Why:  "a cache's response to another client's request",
			Do:   plainly(304, http.Header{}, ""),
			Says: []error{files.ErrNotModified},
		},
		{
			Name: "a 416 for ever",
			Why:  "a client could request the range again and again",
			Do: func(x *Exchange) {
				x.Refuse(416, x.Service.Words.Range)
			},
			Kinds: []Kind{Read, Head},
		},
		{
			Name: "an error in a success",
			Why:  "S3 and proxies send 200 before they know the end",
			Do: func(x *Exchange) {
				h, body := x.Service.Refusal(x.Request, 500, x.Service.Words.Internal, "")
				x.Send(&Answer{Status: 200, Header: h, Body: []byte(body)})
			},
		},
		{
			Name: "a refusal in a success",
			Why:  "200 with an error in it is that error",
			Do: func(x *Exchange) {
				h, body := x.Service.Refusal(x.Request, 403, x.Service.Words.Denied, "")
				x.Send(&Answer{Status: 200, Header: h, Body: []byte(body)})
			},
		},
		{
			Name: "an error without a code",
			Why:  "the form is the service's, but the reason is missing",
			Do:   func(x *Exchange) { x.Refuse(404, "") },
		},
		{
			Name: "an error of an unknown code",
			Why:  "the reason is unknown",
			Do:   func(x *Exchange) { x.Refuse(404, "Whatever") },
		},
		{
			Name: "a redirect in the service's words",
			Why:  "a client must not follow it",
			Do:   func(x *Exchange) { x.Refuse(307, "TemporaryRedirect") },
		},
		{
			Name: "a status that nobody knows",
			Why:  "RFC 9110 defines only the form of such a status",
			Do:   plainly(799, http.Header{}, "?"),
		},
	}
}
