package gcs

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"

	"cloud.google.com/go/storage"
	_ "cloudfiles.dev/drivers/gocloud" // gocloud+gs://
	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"
)

func init() {
	driver.Register(files.Scheme{
		Name:    gcsblob.Scheme,
		Package: "cloudfiles.dev/drivers/gcs",
		Example: "gs://bucket",
		Params: append([]files.Param{
			{Name: "anonymous", Values: "true|false", Doc: "no credentials: for public buckets"},
			{
				Name:   "access_id",
				Values: "e-mail address|-",
				Doc:    "the service account that signs URLs; - is anonymous",
			},
			{
				Name:   "private_key_path",
				Values: "path",
				Doc:    "the file with the account's RSA key, in PEM form",
			},
			{
				Name:   "universe_domain",
				Values: "domain",
				Doc:    "of a cloud that isn't googleapis.com",
				Public: true,
			},
			{
				Name:   "part_size",
				Values: "bytes",
				Doc:    "the size of an upload's parts, a multiple of 256 KiB (8 MiB)",
			},
			{
				Name:   "concurrency",
				Values: "1…100",
				Doc: "how many parts of an upload are on their way at a time (8); above 1, " +
					"part_size is at least 5 MiB",
			},
			{
				Name:   "grpc",
				Values: "true|false",
				Doc:    "the gRPC API, through the Go CDK, with the limits of gocloud+gs://",
			},
			{Name: "zonal", Values: "true|false", Doc: "a zonal bucket: likewise"},
			{
				Name:   "user_project",
				Values: "project",
				Doc:    "the project that pays, for buckets whose requester does",
			},
		}, slices.Concat(driver.ReadAheadParams(), connect.Params(), retry.Params())...),
		Open: openURL,
	})
}

// openURL opens gs://bucket with the Go CDK's opener, except for the *http.Client, the
// endpoint and the credentials, which are found here.
func openURL(ctx context.Context, u *url.URL) (files.Bucket, error) {
	p := driver.NewParams(u)
	limits := connect.FromParams(p)
	o := &Options{
		PartSize:    p.Int("part_size", DefaultPartSize, partUnit, maxPart),
		Concurrency: int(p.Int("concurrency", 0, 1, maxConcurrency)),
		Retry:       retry.FromParams(p),
		ReadAhead:   p.ReadAhead(),
		Timeout:     limits.Timeout,
		ReadTimeout: limits.ReadTimeout,
		UserProject: p.String("user_project", ""),
	}
	anonymous := p.Bool("anonymous", false)
	grpc := p.Bool("grpc", false) || p.Bool("zonal", false)
	if err := p.Err(); err != nil {
		return nil, err
	}
	theirs := *u
	theirs.RawQuery = theirParams(u).Encode()
	if u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"write gs://bucket, and prefix=dir/ for a part of it")
	}
	if grpc {
		return files.Open(ctx, "gocloud+"+theirs.String())
	}
	s, err := settingsWithin(ctx, u.Host, p, anonymous)
	if err != nil {
		return nil, err
	}
	if err := s.signing(p, o); err != nil {
		return nil, err
	}
	o.HTTPClient, o.Endpoint = s.client, s.endpoint
	opener := &gcsblob.URLOpener{
		Client: &gcp.HTTPClient{Client: *s.client},
		Options: gcsblob.Options{
			GoogleAccessID: o.AccessID, PrivateKey: o.PrivateKey,
			// These come after the opener's own options, whose endpoint has "http://"
			// twice if the emulator's variable has a scheme.
			ClientOptions: []option.ClientOption{
				option.WithHTTPClient(s.client), option.WithEndpoint(s.endpoint + "/storage/v1/"),
			},
		},
	}
	opened, err := opener.OpenBucketURL(ctx, &theirs)
	if err != nil {
		return nil, driver.WithCause(files.ErrInvalid, err, "the Go CDK can't open the URL")
	}
	var client *storage.Client
	if !opened.As(&client) {
		opened.Close()
		return nil, driver.Errorf(files.ErrInvalid, "the Go CDK returns no *storage.Client")
	}
	b, err := newBackend(client, u.Host, o)
	if err != nil {
		opened.Close()
		return nil, err
	}
	b.blob, b.tokens = opened, s.tokens
	b.signsByCredentials = s.tokens != nil && s.accessID != "" && o.AccessID == s.accessID &&
		bytes.Equal(o.PrivateKey, s.privateKey)
	return driver.New(b), nil
}

// theirParams are the parameters that the Go CDK supports.
func theirParams(u *url.URL) url.Values {
	q := url.Values{}
	for k, v := range u.Query() {
		switch k {
		case "anonymous", "access_id", "private_key_path", "universe_domain", "grpc", "zonal":
			q[k] = v
		}
	}
	return q
}
