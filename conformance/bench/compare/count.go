package main

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// counter is a reverse proxy that counts requests. It keeps the header Host, for which
// the peers sign their requests.
type counter struct {
	addr     string
	requests atomic.Int64
	server   *http.Server
}

func newCounter(target string) (*counter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &counter{addr: listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 128,
			DisableCompression:  true,
		},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{
				Scheme: "http",
				Host:   target,
			})
			r.Out.Host = r.In.Host
		},
	}
	c.server = &http.Server{Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			c.requests.Add(1)
			proxy.ServeHTTP(w, r)
		},
	)}
	go c.server.Serve(listener)
	return c, nil
}

func (c *counter) close() { c.server.Close() }
