package azure

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// observer is the context of one request, and hears its response before the SDK reads
// it. The SDK's policy of repeats, which is off, shows each response: that works for
// the caller's own clients too.
type observer struct {
	context.Context
	b   *backend
	op  op
	bad *badResponse // why what the SDK made of the response doesn't count
}

type observerKey struct{}

// Value finds the ear itself.
func (e *observer) Value(key any) any {
	if key == (observerKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// askOnce makes one request.
func (b *backend) askOnce(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	e := &observer{Context: ctx, b: b, op: o}
	ctx = e
	if !b.own { // whose client has the settings already
		ctx = policy.WithRetryOptions(e, policy.RetryOptions{
			MaxRetries:  -1,
			ShouldRetry: e.observe,
		})
	}
	err := request(ctx)
	if e.bad != nil {
		e.bad.cause = err
		return e.bad
	}
	return err
}

// singleAttempt turns the SDK's own repeats off, which would multiply with the
// policy's, and has the responses heard.
var singleAttempt = policy.RetryOptions{
	MaxRetries: -1,
	ShouldRetry: func(resp *http.Response, err error) bool {
		if resp == nil || resp.Request == nil {
			return false
		}
		if e, ok := resp.Request.Context().Value(observerKey{}).(*observer); ok {
			e.observe(resp, err)
		}
		return false
	},
}

// observe looks at a response. It never asks for a repeat.
func (e *observer) observe(resp *http.Response, err error) (again bool) {
	if err != nil || resp == nil {
		return false
	}
	repairHeader(resp.Header)
	if e.bad = e.b.checkResponse(e.op, resp); e.bad != nil {
		resp.Body.Close()
		return false
	}
	if isTree(resp.Header) {
		e.b.tree.Store(true)
	}
	return false
}
