// Package proxy stands between a driver and its server in tests: it counts and records
// the requests, and injects faults by rule. It is used as an HTTP proxy on the loopback
// interface ([Start]), to which the driver's endpoint points, or inside the process as
// an http.RoundTripper ([Proxy.RoundTripper]); both go the same way.
//
//	p := proxy.Start(t, proxy.S3, "http://127.0.0.1:7070", nil)
//	b, err := files.Open(ctx,
//		"s3://bucket?use_path_style=true&region=us-east-1&endpoint="+p.URL())
//	…
//	p.Reset()
//	files.PutString(ctx, b, "a", "text", nil)
//	p.Want(t, map[string]int{"PutObject": 1})
//
//	// The response to the next put is lost.
//	p.Add(proxy.Rule{Kinds: []string{"PutObject"}, Nth: 1, Fault: proxy.ResetAfter()})
//
// Requests pass unchanged, with the client's own Host header, so that signatures stay
// valid: request target, headers, bodies of any size as a stream, trailers, and the
// wait for 100 Continue. A record shows no credential.
package proxy
