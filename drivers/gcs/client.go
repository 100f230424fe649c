package gcs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// transport is shared by all buckets that URLs open (X3). HTTP/2 would send all
// requests over one connection, whose one stream of bytes then bounds what they reach
// together.
var transport = sync.OnceValue(func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
	t.IdleConnTimeout = 90 * time.Second
	t.MaxResponseHeaderBytes = maxHeader
	t.WriteBufferSize, t.ReadBufferSize = 64*kib, 64*kib
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
})

// settings are what buckets share: who asks, and where.
type settings struct {
	client   *http.Client
	endpoint string
	// accessID and privateKey are those of a service account whose key is the
	// credentials.
	accessID   string
	tokens     *tokens // nil without credentials
	privateKey []byte
}

// known keeps the settings, so that access tokens are fetched once and not for each
// bucket.
var known struct {
	sync.Mutex
	settings map[settingsKey]*settings
}

type settingsKey struct {
	endpoint, universe, credentials string
	anonymous                       bool
}

// findSettings finds credentials and endpoint. It makes no request to the service; on
// Google's own machines it asks the metadata server.
func findSettings(ctx context.Context, p *driver.Params, anonymous bool) (*settings, error) {
	key := settingsKey{
		universe:    p.String("universe_domain", ""),
		credentials: os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"),
		anonymous:   anonymous || p.String("access_id", "") == "-",
	}
	if host := os.Getenv("STORAGE_EMULATOR_HOST"); host != "" {
		endpoint, err := emulator(host)
		if err != nil {
			return nil, err
		}
		key.endpoint, key.anonymous = endpoint, true
	}
	known.Lock()
	defer known.Unlock()
	if s, ok := known.settings[key]; ok {
		return s, nil
	}
	s, err := makeSettings(ctx, key, p.String("private_key_path", "") != "")
	if err != nil {
		return nil, err
	}
	if known.settings == nil {
		known.settings = map[settingsKey]*settings{}
	}
	known.settings[key] = s
	return s, nil
}

// emulator makes an endpoint of STORAGE_EMULATOR_HOST: host and port, with or without a
// scheme and a path. Google's SDKs write the path of the JSON API behind it, which may
// stand there too.
func emulator(host string) (string, error) {
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	u, err := connect.Endpoint("STORAGE_EMULATOR_HOST", host)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/storage/v1"), ""
	return u.String(), nil
}

func makeSettings(ctx context.Context, key settingsKey, signsOnly bool) (*settings, error) {
	s := &settings{client: &http.Client{Transport: transport()}, endpoint: key.endpoint}
	universe := key.universe
	if !key.anonymous {
		creds, err := credentials(ctx, key.universe)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, driver.ContextError(ctx)
		case err != nil && !signsOnly:
			return nil, files.WithCause(files.ErrPermission, err,
				"there are no Application Default Credentials that can be read: "+setCredentials)
		case err != nil:
			s.client.Transport = &oauth2.Transport{Source: noCredentials{}}
		default:
			s.tokens = newTokens(creds, key.universe)
			s.client.Transport = &oauth2.Transport{Base: transport(), Source: s.tokens}
			s.readAccount(creds.JSON)
			if d, err := creds.GetUniverseDomain(); err == nil && universe == "" {
				universe = d
			}
		}
	}
	if universe == "" {
		universe = "googleapis.com"
	}
	if s.endpoint == "" {
		s.endpoint = "https://storage." + universe
	}
	return s, nil
}

// credentials finds Application Default Credentials. Their token source lives longer
// than the context of one Open.
func credentials(ctx context.Context, universe string) (*google.Credentials, error) {
	client := &http.Client{Transport: connect.Limits{}.Transport(transport())}
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client)
	if universe == "" {
		return gcp.DefaultCredentials(ctx)
	}
	return gcp.DefaultCredentialsWithParams(ctx, google.CredentialsParams{UniverseDomain: universe})
}

// readAccount takes over the key of a service account, with which URLs are signed.
func (s *settings) readAccount(text []byte) {
	var account struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
	}
	if json.Unmarshal(text, &account) == nil && account.Email != "" && account.Key != "" {
		s.accessID, s.privateKey = account.Email, []byte(account.Key)
	}
}

// signing sets what signs: the parameters', or else that of the credentials. As with
// gcsblob, another access_id takes the credentials' key away, and so does an empty
// private_key_path.
func (s *settings) signing(p *driver.Params, o *Options) error {
	o.AccessID, o.PrivateKey = s.accessID, s.privateKey
	if id := p.String("access_id", ""); id == "-" {
		o.AccessID, o.PrivateKey = "", nil
	} else if id != "" && id != o.AccessID {
		o.AccessID, o.PrivateKey = id, nil
	}
	const unset = "\x00"
	switch path := p.String("private_key_path", unset); path {
	case unset:
	case "":
		o.PrivateKey = nil
	default:
		text, err := os.ReadFile(path)
		if err != nil {
			return files.WithCause(files.ErrInvalid, err,
				"parameter private_key_path: the file can't be read")
		}
		if _, err := parseKey(text); err != nil {
			return files.Errorf(files.ErrInvalid,
				"parameter private_key_path: the file has no RSA key in PEM form")
		}
		o.PrivateKey = text
	}
	return nil
}

// noCredentials is the source of a bucket that was opened to sign URLs alone.
type noCredentials struct{}

var errNoCredentials = errors.New("no credentials")

func (noCredentials) Token() (*oauth2.Token, error) { return nil, errNoCredentials }
