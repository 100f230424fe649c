package gcs

import (
	"context"
	"sync"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"golang.org/x/oauth2"
)

// address is what the settings are called, for the texts of errors.
var address = connect.Settings{
	TLS:   "write https:// in STORAGE_EMULATOR_HOST, or in Options.Endpoint",
	Plain: "write http:// in STORAGE_EMULATOR_HOST, or in Options.Endpoint",
	Host: "write the certificate's host in STORAGE_EMULATOR_HOST, in universe_domain= or in " +
		"Options.Endpoint",
	Authority: "set SSL_CERT_FILE to the authority's certificate",
}

const setCredentials = "set GOOGLE_APPLICATION_CREDENTIALS to a file of them, run gcloud auth " +
	"application-default login, or write anonymous=true for a public bucket"

// noToken is the failure to get an access token.
type noToken struct{ err error }

func (n *noToken) Error() string { return "no access token: " + n.err.Error() }
func (n *noToken) Unwrap() error { return n.err }

// tokens are those of the credentials that the environment has. They are read again
// once the service doesn't take a token: a file of them may have been replaced.
type tokens struct {
	universe string

	mu     sync.Mutex
	source oauth2.TokenSource
}

// Token has no context: who asks waits in connect.Prompt.
func (t *tokens) Token() (*oauth2.Token, error) {
	t.mu.Lock()
	source := t.source
	t.mu.Unlock()
	token, err := source.Token()
	if err != nil {
		return nil, &noToken{err}
	}
	return token, nil
}

// renew reads the credentials again, and reports whether the request is worth repeating.
func (b *backend) renew(ctx context.Context) bool {
	if b.tokens == nil {
		return false
	}
	creds, err := connect.Within(ctx, func() (oauth2.TokenSource, error) {
		c, err := credentials(ctx, b.tokens.universe)
		if err != nil {
			return nil, err
		}
		return c.TokenSource, nil
	}, nil)
	if err != nil {
		return false
	}
	b.tokens.mu.Lock()
	b.tokens.source = creds
	b.tokens.mu.Unlock()
	return true
}

// credentialsTime bounds the search for credentials: Google's library asks the network
// whether this is one of its machines, which those answer within milliseconds.
const credentialsTime = 5 * time.Second

// settingsWithin is findSettings, which may ask the network for long and hears little
// of a context.
func settingsWithin(ctx context.Context, p *driver.Params, anonymous bool) (*settings, error) {
	within, cancel := context.WithTimeout(ctx, credentialsTime)
	defer cancel()
	s, err := connect.Within(within, func() (*settings, error) {
		return findSettings(within, p, anonymous)
	}, nil)
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return nil, files.ContextError(ctx)
	case within.Err() != nil:
		return nil, files.WithCause(files.ErrPermission, nil,
			"no Application Default Credentials were found in time: "+setCredentials)
	}
	return nil, err
}
