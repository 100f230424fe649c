package azure

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

func init() {
	files.Register(files.Scheme{
		Name:    "azblob",
		Package: "cloudfiles.dev/drivers/azure",
		Example: "azblob://container?storage_account=name",
		Params: append([]files.Param{
			{Name: "storage_account", Values: "name", Doc: "the account, instead of AZURE_STORAGE_ACCOUNT", Public: true},
			{Name: "domain", Values: "host[:port]", Doc: "the service's domain, instead of blob.core.windows.net", Public: true},
			{Name: "protocol", Values: "https|http", Doc: "how to talk to it; http for emulators"},
			{Name: "cdn", Values: "true|false", Doc: "the domain is a CDN's, without the account in front"},
			{Name: "localemu", Values: "true|false", Doc: "the account stands in the path, as emulators have it"},
			{Name: "block_size", Values: "bytes", Doc: "the size of an upload's blocks, 65536 to 4194304000; 8388608 by default"},
			{Name: "parallel", Values: "1…", Doc: "how many blocks of an upload are on their way at a time; 4 by default"},
		}, retry.Params()...),
		Open: openURL,
	})
}

// openURL opens azblob://container as Go CDK does, with the credentials of the environment.
func openURL(ctx context.Context, u *url.URL) (files.Bucket, error) {
	if u.User != nil {
		return nil, files.Errorf(files.ErrInvalid, "azblob:// takes no user name and no password: credentials are found in the environment")
	}
	if u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, files.Errorf(files.ErrInvalid, "write azblob://container, and prefix= for a part of it")
	}
	p := driver.NewParams(u)
	opts := &Options{BlockSize: p.Int("block_size", 0, minBlock, maxBlock), Parallel: int(p.Int("parallel", 0, 1, 1000))}
	opts.Retry = retry.FromParams(p)
	if err := p.Err(); err != nil {
		return nil, err
	}
	service, err := serviceURL(p)
	if err != nil {
		return nil, err
	}
	client, err := newClient(service, u.Host)
	if err != nil {
		return nil, err
	}
	b, err := newBackend(client, opts)
	if err != nil {
		return nil, err
	}
	b.own = true
	return driver.New(b), nil
}

// service says where an account is, by the environment and the URL's parameters. The rules are
// those of Go CDK's azureblob, which is not imported: it links Google's SDK.
type service struct {
	account, domain, protocol, sas string
	cdn, emulator                  bool
}

func environment() service {
	s := service{account: os.Getenv("AZURE_STORAGE_ACCOUNT"), domain: os.Getenv("AZURE_STORAGE_DOMAIN"), protocol: os.Getenv("AZURE_STORAGE_PROTOCOL"), sas: os.Getenv("AZURE_STORAGE_SAS_TOKEN")}
	s.cdn, _ = strconv.ParseBool(os.Getenv("AZURE_STORAGE_IS_CDN"))
	s.emulator, _ = strconv.ParseBool(os.Getenv("AZURE_STORAGE_IS_LOCAL_EMULATOR"))
	for part := range strings.SplitSeq(connectionString(), ";") {
		switch key, v, _ := strings.Cut(part, "="); {
		case key == "AccountName" && s.account == "":
			s.account = v
		case key == "DefaultEndpointsProtocol" && s.protocol == "":
			s.protocol = v
		}
	}
	return s
}

// connectionString is the one of the environment, or "".
func connectionString() string {
	if s := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); s != "" {
		return s
	}
	return os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING")
}

// with takes the parameters over.
func (s service) with(p *driver.Params) service {
	s.account = p.String("storage_account", s.account)
	s.domain = p.String("domain", s.domain)
	s.protocol = p.Enum("protocol", s.protocol, "https", "http")
	s.cdn = p.Bool("cdn", s.cdn)
	s.emulator = p.Bool("localemu", s.emulator)
	return s
}

// url is the account's: https://account.blob.core.windows.net, or with the account as the path for
// an emulator, or without it for a CDN.
func (s service) url() *url.URL {
	host := or(s.domain, "blob.core.windows.net")
	u := &url.URL{Scheme: or(s.protocol, "https"), Host: host, RawQuery: s.sas}
	switch {
	case s.emulator, strings.HasPrefix(host, "127.0.0.1"), strings.HasPrefix(host, "localhost"):
		u.Path = "/" + s.account
	case !s.cdn:
		u.Host = s.account + "." + host
	}
	return u
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// serviceURL is the account's URL, with the shared access signature of the environment, which must
// not go to another host.
func serviceURL(p *driver.Params) (*url.URL, error) {
	env := environment()
	s := env.with(p)
	u := s.url()
	switch own := env.url(); {
	case p.Err() != nil:
		return nil, p.Err()
	case s.account == "":
		return nil, files.Errorf(files.ErrInvalid, "no account: set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or give storage_account=")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, files.Errorf(files.ErrInvalid, "AZURE_STORAGE_PROTOCOL is neither https nor http")
	case s.sas != "" && (!strings.EqualFold(own.Scheme, u.Scheme) || !strings.EqualFold(own.Host, u.Host)):
		return nil, files.Errorf(files.ErrInvalid, "the URL leads elsewhere than AZURE_STORAGE_SAS_TOKEN is for")
	}
	return u, nil
}
