package azure

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

func init() {
	driver.Register(files.Scheme{
		Name:    "azblob",
		Package: "cloudfiles.dev/drivers/azure",
		Example: "azblob://container?storage_account=name",
		Params: append([]files.Param{
			{
				Name:   "storage_account",
				Values: "name",
				Doc:    "the account, instead of AZURE_STORAGE_ACCOUNT",
				Public: true,
			},
			{
				Name:   "domain",
				Values: "host[:port]",
				Doc:    "the service's domain, instead of blob.core.windows.net",
				Public: true,
			},
			{Name: "protocol", Values: "https|http", Doc: "how to talk to it; http for emulators"},
			{
				Name:   "cdn",
				Values: "true|false",
				Doc:    "the domain is a CDN's, without the account in front",
			},
			{
				Name:   "localemu",
				Values: "true|false",
				Doc:    "the account is part of the path, as with emulators",
			},
			{
				Name:   "part_size",
				Values: "bytes",
				Doc:    "the size of an upload's parts, from 64 KiB (8 MiB)",
			},
			{
				Name:   "concurrency",
				Values: "1…100",
				Doc:    "how many parts of an upload are on their way at a time (8)",
			},
			{Name: "block_size", Values: "bytes", Doc: "part_size, by its old name"},
			{Name: "parallel", Values: "1…100", Doc: "concurrency, by its old name"},
			{Name: "anonymous", Values: "true|false", Doc: "no credentials: for public containers"},
			{
				Name:   "hide_folder_markers",
				Values: "true|false",
				Doc: "listings leave out empty blobs with hdi_isfolder, and so request metadata; " +
					"false",
			},
		}, slices.Concat(driver.ReadAheadParams(), connect.Params(), retry.Params())...),
		Open: openURL,
	})
}

// openURL opens azblob://container as Go CDK does, with the environment's credentials.
func openURL(ctx context.Context, u *url.URL) (files.Bucket, error) {
	if u.User != nil {
		return nil, driver.Errorf(files.ErrInvalid,
			"azblob:// takes no user name and no password: credentials are found in the "+
				"environment")
	}
	if u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"write azblob://container, and prefix= for a part of it")
	}
	p := driver.NewParams(u)
	partSize, concurrency := p.Int("block_size", 0, minBlock, maxBlock),
		p.Int("parallel", 0, 1, maxConcurrency)
	opts := &Options{
		PartSize:          p.Int("part_size", partSize, minBlock, maxBlock),
		Concurrency:       int(p.Int("concurrency", concurrency, 1, maxConcurrency)),
		HideFolderMarkers: p.Bool("hide_folder_markers", false),
		Retry:             retry.FromParams(p),
		ReadAhead:         p.ReadAhead(),
	}
	limits := connect.FromParams(p)
	if err := p.Err(); err != nil {
		return nil, err
	}
	clock := &clockPolicy{}
	access, err := newAccess(func() (service, error) {
		return findService(driver.NewParams(u))
	}, func(s service) (*container.Client, error) {
		return newClient(s, u.Host, limits, clock)
	})
	if err != nil {
		return nil, err
	}
	b, err := newBackend(access, opts)
	if err != nil {
		return nil, err
	}
	b.ownClient = true
	return driver.New(b), nil
}

// service is the account's address and credentials, from the environment and the URL's
// parameters. The rules are the same as in Go CDK's azureblob, which is not imported
// because it links Google's SDK.
type service struct {
	account, domain, protocol string
	cdn, emulator             bool
	endpoint                  *url.URL // of a connection string; nil for the account's
	key, keyFrom              string
	sas                       string
	inContainer               bool // the endpoint may be a container's
	anonymous                 bool
}

// environment reads the environment in Go CDK's order: the account's key, a shared access
// signature, a connection string.
func environment() (service, error) {
	s := service{
		account:  setting("AZURE_STORAGE_ACCOUNT"),
		domain:   setting("AZURE_STORAGE_DOMAIN"),
		protocol: strings.ToLower(setting("AZURE_STORAGE_PROTOCOL")),
	}
	s.cdn, _ = strconv.ParseBool(setting("AZURE_STORAGE_IS_CDN"))
	s.emulator, _ = strconv.ParseBool(setting("AZURE_STORAGE_IS_LOCAL_EMULATOR"))
	key, sas := setting("AZURE_STORAGE_KEY"), setting("AZURE_STORAGE_SAS_TOKEN")
	switch {
	case s.account != "" && key != "":
		s.key, s.keyFrom = key, "AZURE_STORAGE_KEY"
	case sas != "":
		s.sas = strings.TrimPrefix(sas, "?")
		if s.account == "" {
			c, err := connectionService()
			s.account, s.endpoint, s.inContainer = c.account, c.endpoint, c.inContainer
			return s, err
		}
	case connectionString() != "":
		c, err := connectionService()
		if err != nil {
			return s, err
		}
		if s.account != "" && s.account != c.account {
			return s, driver.Errorf(files.ErrInvalid,
				"AZURE_STORAGE_ACCOUNT is another account than the connection string's; "+
					"unset one of them")
		}
		c.cdn, c.emulator = s.cdn, s.emulator
		return c, nil
	}
	return s, nil
}

// with applies the URL's parameters. If a connection string determines the account, a
// URL that names another is an error.
func (s service) with(p *driver.Params) (service, error) {
	env := s
	s.account = p.String("storage_account", s.account)
	s.domain = p.String("domain", s.domain)
	s.protocol = p.Enum("protocol", s.protocol, "https", "http")
	s.cdn = p.Bool("cdn", s.cdn)
	s.emulator = p.Bool("localemu", s.emulator)
	s.anonymous = p.Bool("anonymous", false)
	if err := p.Err(); err != nil {
		return s, err
	}
	if s.anonymous {
		s.key, s.sas = "", ""
	}
	elsewhere := s.account != env.account || s.domain != env.domain ||
		p.String("protocol", "") != "" && env.endpoint != nil && s.protocol != env.endpoint.Scheme
	if env.endpoint != nil && elsewhere {
		if !s.anonymous {
			return s, driver.Errorf(files.ErrInvalid,
				"the URL names another account than AZURE_STORAGE_CONNECTION_STRING; "+
					"unset that, or leave out storage_account, domain and protocol")
		}
		s.endpoint = nil
	}
	return s, s.check()
}

// check refuses what can't be an address.
func (s service) check() error {
	switch host := s.domain; {
	case strings.Contains(host, "://"):
		return driver.Errorf(files.ErrInvalid,
			"the domain has a scheme: write the host alone, and protocol=http or https")
	case s.endpoint == nil && s.account == "":
		return driver.Errorf(files.ErrInvalid, "no account: set AZURE_STORAGE_ACCOUNT or "+
			"AZURE_STORAGE_CONNECTION_STRING, or give storage_account=")
	case s.protocol != "" && s.protocol != "https" && s.protocol != "http":
		return driver.Errorf(files.ErrInvalid, "AZURE_STORAGE_PROTOCOL is neither https nor http")
	case host != "":
		_, err := connect.Endpoint("the domain", "https://"+host)
		return err
	}
	return nil
}

// url is the account's URL: https://account.blob.core.windows.net, or with the account
// as the path for an emulator, or without the account for a CDN.
func (s service) url() *url.URL {
	if s.endpoint != nil {
		u := *s.endpoint
		u.RawQuery = s.sas
		return &u
	}
	host := strings.TrimRight(cmp.Or(s.domain, "blob.core.windows.net"), "/")
	u := &url.URL{Scheme: cmp.Or(s.protocol, "https"), Host: host, RawQuery: s.sas}
	name := (&url.URL{Host: host}).Hostname()
	switch {
	case s.emulator, connect.IsAlone(name) && !s.cdn:
		u.Path = "/" + s.account
	case !s.cdn:
		u.Host = s.account + "." + host
	}
	return u
}

// container is a container's URL. A signature that was given with a container's address
// is only for that container.
func (s service) container(name string) (string, error) {
	u := s.url()
	dir, last := "", ""
	if s.inContainer && s.endpoint != nil {
		i := strings.LastIndexByte(u.Path, '/')
		dir, last = u.Path[:max(i, 0)], u.Path[i+1:]
	}
	q, _ := url.ParseQuery(s.sas)
	switch {
	case last == name && name != "":
		u.Path, u.RawPath = dir, ""
	case last != "" && q.Get("sr") == "c":
		return "", driver.Errorf(files.ErrInvalid,
			"the BlobEndpoint of AZURE_STORAGE_CONNECTION_STRING is for another container")
	}
	return u.JoinPath(name).String(), nil
}

// findService returns the account's address with the environment's credentials. A shared
// access signature must not be sent to another host.
func findService(p *driver.Params) (service, error) {
	env, err := environment()
	if err != nil && !p.Bool("anonymous", false) {
		return env, err
	}
	s, err := env.with(p)
	if err != nil {
		return s, err
	}
	if s.sas != "" {
		from, u := env.url(), s.url()
		if !strings.EqualFold(from.Scheme, u.Scheme) || !strings.EqualFold(from.Host, u.Host) {
			return s, driver.Errorf(files.ErrInvalid,
				"the URL names another endpoint than the one that AZURE_STORAGE_SAS_TOKEN is for")
		}
	}
	return s, nil
}
