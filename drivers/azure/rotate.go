package azure

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// access is the client of a bucket. If a URL opened it, the credentials are read again
// once the service refuses them, since a program may run for longer than a key or a
// signature is valid (E2).
type access struct {
	// find reads the environment, and make makes a client of what it has; nil if the
	// client is the caller's.
	find func() (service, error)
	make func(service) (*container.Client, error)

	now atomic.Pointer[container.Client]

	mu      sync.Mutex // of what follows, and held while the credentials are read
	service service    // of which now was made
}

// newAccess finds the credentials and makes the first client.
func newAccess(find func() (service, error),
	make func(service) (*container.Client, error)) (*access, error) {
	s, err := find()
	if err != nil {
		return nil, err
	}
	c, err := make(s)
	if err != nil {
		return nil, err
	}
	a := &access{find: find, make: make, service: s}
	a.now.Store(c)
	return a, nil
}

// accessOf is a caller's client, which stays as it is.
func accessOf(c *container.Client) *access {
	a := &access{}
	a.now.Store(c)
	return a
}

func (a *access) client() *container.Client { return a.now.Load() }

// renew reads the credentials again after the service has refused those of the client
// used, and reports whether the request is worth repeating. Calls that are refused at
// the same time share one reading.
func (a *access) renew(used *container.Client, r response) bool {
	if a.find == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client() != used {
		return true // another call has read them meanwhile
	}
	s, err := a.find()
	if err != nil || !s.replaces(a.service, r.code) {
		return false
	}
	c, err := a.make(s)
	if err != nil || storeOf(c) != storeOf(used) {
		return false
	}
	a.service = s
	a.now.Store(c)
	return true
}

// replaces reports whether these credentials may be taken where the others are refused:
// they are for the same, of the same kind, since Features depend on that, and others.
// What azidentity finds can't be compared, and is asked again only after a response that
// is about who asks, not about what he may do.
func (s service) replaces(old service, code string) bool {
	switch {
	case s.anonymous || s.account != old.account || (s.key != "") != (old.key != "") ||
		(s.sas != "") != (old.sas != ""):
		return false
	case s.key != "":
		return s.key != old.key
	case s.sas != "":
		return s.sas != old.sas
	}
	return code == "AuthenticationFailed" || code == "InvalidAuthenticationInfo"
}

// request makes a request, and once more if it was refused and the credentials are others
// by now. Only the service's own refusal says that nothing was done.
func (b *backend) request(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	used := b.client()
	err := b.askOnce(ctx, o, request)
	if err == nil || ctx.Err() != nil {
		return err
	}
	r := sdkResponseOf(err)
	refused := r.status == http.StatusForbidden || r.status == http.StatusUnauthorized
	if refused && r.own && b.access.renew(used, r) {
		return b.askOnce(ctx, o, request)
	}
	return err
}
