package s3

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/smithy-go/logging"
)

// TestOpenURL: buckets with the same settings share a transport (X3), and an error
// names the wrong parameter.
func TestOpenURL(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "")
	open := func(u string) *backend {
		b := must(files.Open(t.Context(), u))
		t.Cleanup(func() { b.Close() })
		return driver.Unwrap(b).(*backend)
	}
	a, b := open("s3://a?region=eu-central-1"),
		open("s3://b?region=us-east-1&part_size=10485760&concurrency=3&checksum=none&etag=bare"+
			"&conditions=put&ssetype=aws:kms&kmskeyid=k")
	if a.client.Options().HTTPClient != b.client.Options().HTTPClient {
		t.Error("two buckets have two transports")
	}
	if l, ok := a.sdk.Options().Logger.(logging.Nop); !ok {
		t.Errorf("the SDK logs, with %T", l)
	}
	if b.plan.PartSize != 10*mib || b.plan.Concurrency != 3 || !b.opts.BareETags ||
		b.known.is(DeleteIf) != NotKept || b.Features().Digests ||
		b.opts.Defaults.Encryption != "aws:kms" || b.opts.Defaults.KMSKeyID != "k" {
		t.Errorf("the URL's parameters make the options %+v", b.opts)
	}
	if open("s3://a?region=x&request_checksum_calculation=when_required").Features().Digests {
		t.Error("when_required still stores checksums")
	}
	if r := open("s3://a?endpoint=http://127.0.0.1:1").sdk.Options().Region; r != "us-east-1" {
		t.Errorf("with an endpoint alone, the region is %q, want %q", r, "us-east-1")
	}
	for u, want := range map[string]string{
		"s3://a":                               "region",
		"s3://a?region=x&endpoint=127.0.0.1:1": "http://",
		"s3://a?region=x&part_size=1":          "part_size",
		"s3://a?region=x&etag=odd":             "etag",
		"s3://a?region=x&ssetype=rot13":        "ssetype",
	} {
		if _, err := files.Open(t.Context(),
			u); !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want ErrInvalid and a text with %q", u, err, want)
		}
	}
}
