package azure

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// access is the client of a bucket. If the bucket was opened by URL, the credentials
// are read again when the service refuses them, since a program may run longer than a
// key or a signature is valid (E2).
type access struct {
	// find reads the environment, and make makes a client of the result; both are nil
	// if the client is the caller's.
	find func() (service, error)
	make func(service) (*container.Client, error)

	now atomic.Pointer[container.Client]

	mu      sync.Mutex // guards service, and is held while the credentials are read
	service service    // from which now was made
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

// accessOf holds a caller's client, which never changes.
func accessOf(c *container.Client) *access {
	a := &access{}
	a.now.Store(c)
	return a
}

// hasKey reports whether the account's key is known: that of a caller's client is not.
func (a *access) hasKey() bool { return a.serviceNow().key != "" }

func (a *access) serviceNow() service {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.service
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

// replaces reports whether these credentials may replace refused ones: they are for the
// same account, of the same kind, since Features depend on the kind, and they differ.
// Credentials of azidentity can't be compared, so azidentity is called again only if
// the response is about the caller's identity and not about its permissions.
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

// request makes a request, and repeats it once if it was refused and the credentials have
// changed. Only the service's own refusal shows that nothing was done.
func (b *backend) request(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	used := b.client()
	err := b.requestOnce(ctx, o, request)
	if err == nil || ctx.Err() != nil {
		return err
	}
	r := sdkResponseOf(err)
	refused := r.status == http.StatusForbidden || r.status == http.StatusUnauthorized
	if refused && r.genuine && b.access.renew(used, r) {
		return b.requestOnce(ctx, o, request)
	}
	return err
}
