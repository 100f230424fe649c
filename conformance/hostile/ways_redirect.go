package hostile

import (
	"net/http"
	"strconv"
)

// redirectWays redirect the client.
func redirectWays() []Way {
	var ways []Way
	lead := func(status int, name string, location func(x *Exchange) string) {
		ways = append(ways, Way{
			Name: strconv.Itoa(status) + " to " + name,
			Why: "a client must not follow it: no name, content or credential goes to " +
				"another host",
			Do: func(x *Exchange) {
				h := http.Header{"Location": {location(x)}}
				x.Send(&Answer{Status: status, Header: h})
			},
		})
	}
	other := func(x *Exchange) string { return x.Elsewhere() + x.Request.URL.RequestURI() }
	for _, status := range []int{301, 302, 303, 307, 308} {
		lead(status, "another host", other)
		lead(status, "itself", func(x *Exchange) string {
			return x.Self() + x.Request.URL.RequestURI()
		})
	}
	lead(300, "several", other)
	lead(305, "a proxy", func(x *Exchange) string { return x.Elsewhere() })
	lead(307, "a file", func(*Exchange) string { return "file:///etc/hostname" })
	lead(307, "https", func(x *Exchange) string {
		return "https://" + x.Request.Host + x.Request.URL.RequestURI()
	})
	lead(307, "a host without a scheme", func(x *Exchange) string {
		return x.Elsewhere()[len("http:"):] + x.Request.URL.RequestURI()
	})
	lead(307, "nowhere", func(*Exchange) string { return "" })
	lead(307, "garbage", func(*Exchange) string { return "http://[::1:%zz" })
	lead(307, "a new path each time", func(x *Exchange) string {
		return x.Self() + x.Request.URL.Path + "/" + strconv.Itoa(x.N)
	})
	lead(302, "a login page on the same host", func(*Exchange) string { return "/login" })
	return append(ways, Way{
		Name: "true answers that name another host",
		Why:  "a client must ignore Location, Content-Location, Refresh, Link and Alt-Svc",
		Do: func(x *Exchange) {
			a := x.Truth()
			to := x.Elsewhere()
			if a.Header.Get("Location") == "" { // otherwise it is part of the protocol
				a.Header.Set("Location", to)
			}
			a.Header.Set("Content-Location", to)
			a.Header.Set("Refresh", "0; url="+to)
			a.Header.Set("Link", "<"+to+">; rel=\"canonical\"")
			a.Header.Set("Alt-Svc", `h2="`+to[len("http://"):]+`"`)
			x.Send(a)
		},
	})
}
