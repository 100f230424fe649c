package azure

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// observer is the context of one request, and receives its response before the SDK
// reads it. It does so through the SDK's retry policy, which is off but is called with
// each response; that works for the caller's own clients too.
type observer struct {
	context.Context
	b   *backend
	op  op
	bad *badResponse // not nil if the SDK's result doesn't count
}

type observerKey struct{}

// Value returns the observer itself for its key.
func (e *observer) Value(key any) any {
	if key == (observerKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// requestOnce makes one request.
func (b *backend) requestOnce(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	e := &observer{Context: ctx, b: b, op: o}
	ctx = e
	if !b.ownClient { // which has the settings already
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

// singleAttempt turns off the SDK's own retries, which would multiply with the
// policy's, and passes each response to the request's observer.
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

// observe checks a response. It never requests a retry.
func (e *observer) observe(resp *http.Response, err error) (again bool) {
	if err != nil || resp == nil {
		return false
	}
	repairHeader(resp.Header)
	p, _ := e.Context.Value(pageKey{}).(*page)
	if e.bad = e.b.checkResponse(e.op, resp, p); e.bad != nil {
		resp.Body.Close()
		return false
	}
	if isTree(resp.Header) {
		e.b.tree.Store(true)
	}
	return false
}
