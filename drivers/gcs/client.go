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
// requests over one connection, whose single stream of bytes would limit their
// throughput together.
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

// settings are shared by buckets: the endpoint, and the credentials for it.
type settings struct {
	client   *http.Client
	endpoint string
	// accessID and privateKey belong to the service account whose key is the
	// credentials, if there is one.
	accessID   string
	tokens     *tokens // nil without credentials
	privateKey []byte
}

// known caches the settings, so that access tokens are fetched once rather than for each
// bucket.
var known struct {
	sync.Mutex
	settings map[settingsKey]*settings
}

type settingsKey struct {
	endpoint, universe, credentials string
	anonymous                       bool
}

// emulatorHost returns the emulator that has the bucket, or "" if the service has it. Tests
// replace it: those that run at the same time have different emulators, and only one
// environment.
var emulatorHost = func(string) string { return os.Getenv("STORAGE_EMULATOR_HOST") }

// findSettings finds credentials and endpoint for the bucket. It makes no request to the
// service; on Google's own machines it makes one to the metadata server.
func findSettings(ctx context.Context, bucket string, p *driver.Params,
	anonymous bool) (*settings, error) {
	key := settingsKey{
		universe:    p.String("universe_domain", ""),
		credentials: os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"),
		anonymous:   anonymous || p.String("access_id", "") == "-",
	}
	if host := emulatorHost(bucket); host != "" {
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
// scheme and a path. The path may end in that of the JSON API, which Google's SDKs
// append.
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
			return nil, driver.WithCause(files.ErrPermission, err,
				"no Application Default Credentials can be read: "+setCredentials)
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

// credentials finds Application Default Credentials. Their token source outlives the
// context of one Open.
func credentials(ctx context.Context, universe string) (*google.Credentials, error) {
	client := &http.Client{Transport: connect.Limits{}.Transport(transport())}
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client)
	if universe == "" {
		return gcp.DefaultCredentials(ctx)
	}
	return gcp.DefaultCredentialsWithParams(ctx, google.CredentialsParams{UniverseDomain: universe})
}

// readAccount reads the key of a service account, which signs URLs.
func (s *settings) readAccount(text []byte) {
	var account struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
	}
	if json.Unmarshal(text, &account) == nil && account.Email != "" && account.Key != "" {
		s.accessID, s.privateKey = account.Email, []byte(account.Key)
	}
}

// signing sets the account and key that sign: from the parameters, or else from the
// credentials. As in gcsblob, another access_id drops the credentials' key, and so does
// an empty private_key_path.
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
			return driver.WithCause(files.ErrInvalid, err,
				"parameter private_key_path: the file can't be read")
		}
		if _, err := parseKey(text); err != nil {
			return driver.Errorf(files.ErrInvalid,
				"parameter private_key_path: the file has no RSA key in PEM form")
		}
		o.PrivateKey = text
	}
	return nil
}

// noCredentials is the token source of a bucket that was opened only to sign URLs.
type noCredentials struct{}

var errNoCredentials = errors.New("no credentials")

func (noCredentials) Token() (*oauth2.Token, error) { return nil, errNoCredentials }
