package gcs

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// address names the settings in the texts of errors.
var address = connect.Settings{
	TLS:   "write https:// in STORAGE_EMULATOR_HOST, or in Options.Endpoint",
	Plain: "write http:// in STORAGE_EMULATOR_HOST, or in Options.Endpoint",
	Host: "write the certificate's host in STORAGE_EMULATOR_HOST, in universe_domain= or in " +
		"Options.Endpoint",
	Authority: "set SSL_CERT_FILE to the authority's certificate",
}

const setCredentials = "set GOOGLE_APPLICATION_CREDENTIALS to a file of them, run gcloud auth " +
	"application-default login, or write anonymous=true for a public bucket"

// tokenError is the failure to get an access token.
type tokenError struct{ err error }

func (n *tokenError) Error() string { return "no access token: " + n.err.Error() }
func (n *tokenError) Unwrap() error { return n.err }

// tokens are the access tokens of the environment's credentials. The credentials are read
// again if the service refuses a token, or if no token is issued for them: their file may
// have been replaced.
type tokens struct {
	universe string
	turn     chan struct{} // held while the credentials are read again; has room for one

	// signer is the account that was read again, or nil.
	signer atomic.Pointer[signer]

	mu       sync.Mutex
	source   oauth2.TokenSource
	text     []byte // the credentials' file, if they come from one
	readings int    // how often the credentials were read again
}

func newTokens(c *google.Credentials, universe string) *tokens {
	return &tokens{
		universe: universe,
		turn:     make(chan struct{}, 1),
		source:   c.TokenSource,
		text:     c.JSON,
	}
}

// since identifies the present credentials for renew.
func (t *tokens) since() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readings
}

// Token has no context: connect.Prompt lets the caller stop waiting.
func (t *tokens) Token() (*oauth2.Token, error) {
	t.mu.Lock()
	source := t.source
	t.mu.Unlock()
	token, err := source.Token()
	if err != nil {
		return nil, &tokenError{err}
	}
	return token, nil
}

// renew reads the credentials again, unless another call has done so since then, and
// reports whether the request is worth repeating. If others is true, it is so only if
// the credentials have changed.
func (t *tokens) renew(ctx context.Context, since int, others bool) bool {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return false
	}
	if t.since() != since {
		return true
	}
	c, err := connect.Within(ctx, func() (*google.Credentials, error) {
		return credentials(ctx, t.universe)
	}, nil)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if others && bytes.Equal(c.JSON, t.text) {
		return false
	}
	t.source, t.text = c.TokenSource, c.JSON
	t.readings++
	var account settings
	account.readAccount(c.JSON)
	s, err := newSigner(&Options{AccessID: account.accessID, PrivateKey: account.privateKey})
	if err == nil {
		t.signer.Store(s)
	}
	return true
}

// credentialsTime limits the search for credentials. Google's library calls the metadata
// server, which responds within milliseconds on Google's machines.
const credentialsTime = 5 * time.Second

// settingsWithin is findSettings with a time limit, since the search may wait long for
// the network and hardly observes a context.
func settingsWithin(ctx context.Context, bucket string, p *driver.Params,
	anonymous bool) (*settings, error) {
	within, cancel := context.WithTimeout(ctx, credentialsTime)
	defer cancel()
	s, err := connect.Within(within, func() (*settings, error) {
		return findSettings(within, bucket, p, anonymous)
	}, nil)
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return nil, driver.ContextError(ctx)
	case within.Err() != nil:
		return nil, driver.WithCause(files.ErrPermission, nil,
			"no Application Default Credentials were found in time: "+setCredentials)
	}
	return nil, err
}
