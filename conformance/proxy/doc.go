// Package proxy is an HTTP proxy for tests, between a driver and its server. It counts
// and records the requests, and injects faults by rule. It runs on the loopback
// interface ([Start]), and the driver's endpoint is its URL, or it runs inside the
// process as an http.RoundTripper ([Proxy.RoundTripper]). Both behave the same.
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
// The proxy passes requests unchanged, with the client's Host header, so that signatures
// stay valid: the request target, headers, bodies of any size as a stream, trailers, and
// the wait for 100 Continue. Records contain no credentials.
package proxy
