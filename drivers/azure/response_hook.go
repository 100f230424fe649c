package azure

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// ear is the context of one request, and hears its answer before the SDK reads it. The
// SDK's policy of repeats, which is off, shows each answer: that works for the caller's
// own clients too.
type ear struct {
	context.Context
	b    *backend
	op   op
	told *told // why what the SDK made of the answer doesn't count
}

type earKey struct{}

// Value finds the ear itself.
func (e *ear) Value(key any) any {
	if key == (earKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// askOnce makes one request.
func (b *backend) askOnce(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	e := &ear{Context: ctx, b: b, op: o}
	ctx = e
	if !b.own { // whose client has the settings already
		ctx = policy.WithRetryOptions(e, policy.RetryOptions{MaxRetries: -1, ShouldRetry: e.hear})
	}
	err := request(ctx)
	if e.told != nil {
		e.told.cause = err
		return e.told
	}
	return err
}

// once turns the SDK's own repeats off, which would multiply with the policy's, and has
// the answers heard.
var once = policy.RetryOptions{
	MaxRetries: -1,
	ShouldRetry: func(resp *http.Response, err error) bool {
		if resp == nil || resp.Request == nil {
			return false
		}
		if e, ok := resp.Request.Context().Value(earKey{}).(*ear); ok {
			e.hear(resp, err)
		}
		return false
	},
}

// hear looks at an answer. It never asks for a repeat.
func (e *ear) hear(resp *http.Response, err error) (again bool) {
	if err != nil || resp == nil {
		return false
	}
	repairHeader(resp.Header)
	if e.told = e.b.understand(e.op, resp); e.told != nil {
		resp.Body.Close()
		return false
	}
	if isTree(resp.Header) {
		e.b.tree.Store(true)
	}
	return false
}
