package s3

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"
	"gocloud.dev/blob/s3blob"
)

func init() { driver.Register(scheme) }

var scheme = files.Scheme{
	Name:    "s3",
	Package: "cloudfiles.dev/drivers/s3",
	Example: "s3://bucket?region=eu-central-1",
	Params: append([]files.Param{
		{
			Name:   "region",
			Values: "text",
			Doc: "the bucket's region; without it the SDK's configuration, and with an endpoint " +
				"us-east-1",
			Public: true,
		},
		{
			Name:   "endpoint",
			Values: "URL",
			Doc:    "the URL of a store that isn't Amazon's, http:// or https://",
			Public: true,
		},
		{
			Name:   "use_path_style",
			Values: "true|false",
			Doc:    "the bucket is in the path and not in the host, for most other stores",
		},
		{Name: "s3ForcePathStyle", Values: "true|false", Doc: "the same, by its old name"},
		{
			Name:   "hostname_immutable",
			Values: "true|false",
			Doc:    "the endpoint's host is used as it is",
		},
		{Name: "disable_https", Values: "true|false", Doc: "no TLS"},
		{Name: "accelerate", Values: "true|false", Doc: "Transfer Acceleration"},
		{Name: "dualstack", Values: "true|false", Doc: "endpoints with IPv6"},
		{Name: "fips", Values: "true|false", Doc: "FIPS endpoints"},
		{Name: "anonymous", Values: "true|false", Doc: "requests are not signed"},
		{
			Name:   "profile",
			Values: "text",
			Doc: "the profile of the SDK's shared files; if none has that name, " +
				"a store's profile, as in store=",
			Public: true,
		},
		{Name: "role", Values: "ARN", Doc: "the role to assume"},
		{Name: "awssdk", Values: "v2", Doc: "accepted as by the Go CDK"},
		{
			Name:   "rate_limiter_capacity",
			Values: "number",
			Doc:    "accepted as by the Go CDK, without an effect: the SDK's own retries are off",
		},
		{
			Name:   "request_checksum_calculation",
			Values: "when_supported|when_required",
			Doc:    "when_required is checksum=none",
		},
		{
			Name:   "response_checksum_validation",
			Values: "when_supported|when_required",
			Doc:    "when_required requests no checksum, so reads are not checked",
		},
		{
			Name:   "ssetype",
			Values: "AES256|aws:kms|aws:kms:dsse",
			Doc:    "server-side encryption of every write",
		},
		{Name: "kmskeyid", Values: "text", Doc: "its KMS key"},
		{
			Name:   "checksum",
			Values: "auto|crc32c|none",
			Doc: "which checksum is stored with the content: auto stores none if the store " +
				"refuses it",
		},
		{
			Name:   "etag",
			Values: "quoted|bare",
			Doc:    "how If-Match names a version on writes: bare for Ceph's gateway",
		},
		{
			Name:   "store",
			Values: strings.Join(ProfileNames(), "|"),
			Doc:    "which store it is, and so what it keeps; without it by the endpoint's host",
		},
		{
			Name:   "conditions",
			Values: "all|put|none|get,absent,version,complete,delete,copy,source",
			Doc: "which conditions the store keeps, in place of what store= says; " +
				"put: those on reads and on Put alone",
		},
		{
			Name:   "beside",
			Values: "kept|refused|unchecked",
			Doc: "whether the store keeps a beside a/b; refused: the driver refuses the second, " +
				"which costs a Put one or two requests; unchecked: nothing checks it",
		},
		{
			Name:   "request_payer",
			Values: "requester",
			Doc:    "the caller pays for requests and traffic, which some buckets require",
		},
		{
			Name:   "sign_accept_encoding",
			Values: "true|false",
			Doc: "whether the header Accept-Encoding is signed; false for a store behind " +
				"something " +
				"that changes it, such as Google's (default true, for Google's false)",
		},
		{
			Name:   "sdk_only",
			Values: "true|false",
			Doc: "whether the SDK makes every request; otherwise a Get, a Stat, a Delete and a " +
				"small Put are made without its middleware, by the same requests (default false)",
		},
		{
			Name:   "part_size",
			Values: "bytes",
			Doc:    "the size of an upload's parts, from 5 MiB (8 MiB)",
		},
		{
			Name:   "concurrency",
			Values: "1…100",
			Doc:    "how many parts of an upload are sent at a time (8)",
		},
	}, slices.Concat(driver.ReadAheadParams(), connect.Params(), retry.Params())...),
	Open: openURL,
}

// ownParams are the parameters that the Go CDK refuses.
var ownParams = []string{
	"checksum", "etag", "store", "conditions", "beside", "part_size", "concurrency",
	"request_payer",
	"sign_accept_encoding", "timeout", "read_timeout", "sdk_only",
}

// openURL opens the bucket with the Go CDK, and uses its client.
func openURL(ctx context.Context, u *url.URL) (files.Bucket, error) {
	o, err := options(u)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	if err := setEndpoint(q); err != nil {
		return nil, err
	}
	for _, name := range ownParams {
		q.Del(name)
	}
	for _, p := range slices.Concat(driver.ReadAheadParams(), retry.Params()) {
		q.Del(p.Name)
	}
	if _, isStore := ProfileNamed(q.Get("profile")); isStore && !sharedProfile(ctx,
		q.Get("profile")) {
		q.Del("profile")
	}
	cdkURL := *u
	cdkURL.RawQuery = q.Encode()
	blob, err := new(s3blob.URLOpener).OpenBucketURL(ctx, &cdkURL)
	if err != nil {
		return nil, gocloud.OpenError(ctx, u, err)
	}
	defer blob.Close()
	var client *s3.Client
	if !blob.As(&client) {
		return nil, driver.Errorf(files.ErrUnsupported,
			"the Go CDK's bucket has no client of the SDK")
	}
	if client.Options().Region == "" && q.Get("endpoint") == "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"the bucket's region is not known: write region=… or set AWS_REGION")
	}
	load := loader(q)
	client = derive(client, func(o *s3.Options) {
		if o.Region == "" {
			o.Region = "us-east-1" // which other stores accept
		}
		// The configuration's logger writes to the standard error, for example that a
		// body broke (X3).
		o.Logger = logging.Nop{}
		shareTransport(o)
		if creds := renewableOf(o.Credentials, load); creds != nil {
			creds.now = bounded(ctx, creds.now, load)
			o.Credentials = creds
		}
	})
	o.Profile, err = profileOfURL(ctx, u, endpointOf(client.Options()))
	if err != nil {
		return nil, err
	}
	if u.Query().Has("sign_accept_encoding") {
		o.Profile.UnsignedAcceptEncoding = o.UnsignedAcceptEncoding
	}
	o.ownResolver = true // the Go CDK's, which returns the parameter endpoint
	return driver.New(newBackend(client, u.Host, o)), nil
}

// sharedProfile reports whether the SDK's shared files have a profile of that name.
func sharedProfile(ctx context.Context, name string) bool {
	_, err := config.LoadSharedConfigProfile(ctx, name)
	return err == nil
}

// profileOfURL returns the profile that the URL's parameters name, or the endpoint's
// profile.
func profileOfURL(ctx context.Context, u *url.URL, endpoint string) (*Profile, error) {
	p := driver.NewParams(u)
	profile := profileOf(endpoint)
	name := p.String("store", "")
	if name == "" && !sharedProfile(ctx, p.String("profile", "")) {
		name = p.String("profile", "")
	}
	if q, ok := ProfileNamed(name); ok {
		profile = &q
	} else if p.String("store", "") != "" {
		return nil, driver.Errorf(files.ErrInvalid,
			`parameter "store" isn't a known store; want one of %s`,
			strings.Join(ProfileNames(), ", "))
	}
	return profile.of(u.Host).with(p.String("conditions", ""), p.String("beside", ""))
}

// options reads this package's parameters, and those that the Go CDK's client doesn't
// carry.
func options(u *url.URL) (Options, error) {
	p := driver.NewParams(u)
	limits := connect.FromParams(p)
	o := Options{
		Timeout:     limits.Timeout,
		ReadTimeout: limits.ReadTimeout,
		PartSize:    p.Int("part_size", DefaultPartSize, minPart, maxPart),
		Concurrency: int(p.Int("concurrency", 0, 1, maxConcurrency)),
		Retry:       retry.FromParams(p),
		ReadAhead:   p.ReadAhead(),
		BareETags:   p.Enum("etag", "quoted", "bare") == "bare",
		Defaults:    PutOptions{KMSKeyID: p.String("kmskeyid", "")},
	}
	p.Enum("beside", "", "kept", "refused", "unchecked")
	o.RequesterPays = p.Enum("request_payer", "", "requester") != ""
	o.SDKOnly = p.Bool("sdk_only", false)
	o.UnsignedAcceptEncoding = !p.Bool("sign_accept_encoding", true)
	switch p.Enum("checksum", "auto", "crc32c", "none") {
	case "crc32c":
		o.Checksums = ChecksumsCRC32C
	case "none":
		o.Checksums = ChecksumsNone
	}
	for _, e := range types.ServerSideEncryption("").Values() {
		if strings.EqualFold(string(e), p.String("ssetype", "")) {
			o.Defaults.Encryption = e // the Go CDK refuses any other value
		}
	}
	return o, p.Err()
}
