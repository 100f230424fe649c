package s3

import (
	"context"
	"net/url"
	"slices"

	"cloudfiles.dev/drivers/internal/connect"
	"github.com/aws/aws-sdk-go-v2/aws"
	gcaws "gocloud.dev/aws"
)

// setEndpoint writes the parameter endpoint in the SDK's form. It puts the bucket into
// the path if no other label can be in front of the host.
func setEndpoint(q url.Values) error {
	address := q.Get("endpoint")
	if address == "" {
		return nil
	}
	u, err := connect.Endpoint(`parameter "endpoint"`, address)
	if err != nil {
		return err
	}
	q.Set("endpoint", u.String())
	if !q.Has("use_path_style") && !q.Has("s3ForcePathStyle") && !q.Has("hostname_immutable") &&
		connect.IsAlone(u.Hostname()) {
		q.Set("use_path_style", "true")
	}
	return nil
}

// s3Only are the parameters of the S3 client, which the SDK's configuration refuses.
var s3Only = []string{
	"ssetype", "kmskeyid", "accelerate", "use_path_style", "s3ForcePathStyle", "disable_https",
}

// loader returns a function that reads the configuration's credentials as the Go CDK
// does.
func loader(q url.Values) func(ctx context.Context) (aws.CredentialsProvider, error) {
	params := url.Values{}
	for k, v := range q {
		if !slices.Contains(s3Only, k) {
			params[k] = v
		}
	}
	return func(ctx context.Context) (aws.CredentialsProvider, error) {
		cfg, err := gcaws.V2ConfigFromURLParams(ctx, params)
		if err != nil {
			return nil, err
		}
		return machineCredentials(cfg), nil
	}
}
