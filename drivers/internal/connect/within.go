package connect

import (
	"context"
	"net/http"
)

// Within calls f, and returns without waiting for it when the context ends. It is for
// functions that ignore the context. If f succeeds afterwards, Within gives its value
// to late.
func Within[T any](ctx context.Context, f func() (T, error), late func(T)) (T, error) {
	if ctx.Done() == nil {
		return f()
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		select {
		case r := <-done: // both happened
			return r.value, r.err
		default:
		}
		go func() {
			if r := <-done; r.err == nil && late != nil {
				late(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// Prompt returns a transport that returns when a request's context ends, even if base
// ignores the context, as oauth2's transport does when it fetches a token.
func Prompt(base http.RoundTripper) http.RoundTripper { return &prompt{base} }

type prompt struct{ base http.RoundTripper }

func (p *prompt) RoundTrip(req *http.Request) (*http.Response, error) {
	return Within(req.Context(), func() (*http.Response, error) { return p.base.RoundTrip(req) },
		func(resp *http.Response) { resp.Body.Close() })
}

// CloseIdleConnections closes base's idle connections, for http.Client.
func (p *prompt) CloseIdleConnections() {
	if c, ok := p.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
