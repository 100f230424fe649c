package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestAdvice checks the advice for each cause.
func TestAdvice(t *testing.T) {
	hidden := func(kind error, text string) error {
		return driver.NewError(files.OpPut, "a", driver.WithCause(kind, errors.New(text), ""))
	}
	for _, c := range []struct {
		scheme string
		op     files.Op
		err    error
		says   string
	}{
		{"s3", files.OpPut, hidden(files.ErrPermission, "AccessDenied"), "s3:PutObject"},
		{"s3", files.OpList, files.ErrPermission, "s3:ListBucket"},
		{"s3", files.OpDelete, files.ErrPermission, "s3:DeleteObject"},
		{"gs", files.OpGet, files.ErrPermission, "storage.objects.get"},
		{"azblob", files.OpPut, files.ErrPermission, "Contributor"},
		{"file", files.OpPut, files.ErrPermission, "-wx"},
		{"other", files.OpPut, files.ErrPermission, "permission is missing"},
		{"s3", files.OpCheck, files.ErrNoBucket, "region="},
		{"file", files.OpCheck, files.ErrNoBucket, "create_dir=1"},
		{"s3", files.OpPut, hidden(files.ErrPermission,
			"RequestTimeTooSkewed: The difference between the request time and the current time "+
				"is too large"), "clock"},
		{"s3", files.OpCheck, hidden(files.ErrUnavailable,
			"get identity: no EC2 IMDS role found"), "AWS_ACCESS_KEY_ID"},
		{"gs", files.OpCheck, hidden(files.ErrUnavailable,
			"google: could not find default credentials"), "GOOGLE_APPLICATION_CREDENTIALS"},
		{"s3", files.OpCheck, hidden(files.ErrPermission,
			"SignatureDoesNotMatch"), "not of an account"},
		{"s3", files.OpCheck, hidden(files.ErrPermission, "ExpiredToken"), "expired"},
		{"s3", files.OpCheck, hidden(files.ErrInvalid, "PermanentRedirect"), "region="},
		{"s3", files.OpPut, hidden(files.ErrInvalid,
			"XAmzContentSHA256Mismatch"), "request_checksum_calculation=when_required"},
		{"s3", files.OpPut, hidden(files.ErrUnsupported,
			"NotImplemented: x-amz-checksum-crc32 is not known"),
			"request_checksum_calculation=when_required"},
		{"s3", files.OpCheck, fmt.Errorf("x: %w", &net.DNSError{
			Err:        "no such host",
			Name:       "h",
			IsNotFound: true,
		}), "the host's name"},
		{"s3", files.OpCheck, fmt.Errorf("x: %w", syscall.ECONNREFUSED), "nothing listens"},
		{"s3", files.OpCheck, fmt.Errorf("x: %w",
			&tls.CertificateVerificationError{
				Err: errors.New("unknown authority"),
			}), "SSL_CERT_FILE"},
		{
			"s3", files.OpCheck, errors.New("http: server gave HTTP response to HTTPS client"),
			"plain HTTP",
		},
		{"s3", files.OpCheck, fmt.Errorf("x: %w",
			context.DeadlineExceeded), "no response came in time"},
		{"s3", files.OpCheck, files.ErrUnavailable, "overloaded"},
		{"file", files.OpPut, fmt.Errorf("x: %w", syscall.EROFS), "mounted read-only"},
		{"file", files.OpPut, fmt.Errorf("x: %w", syscall.ENOSPC), "disk is full"},
	} {
		all := strings.Join(advice(c.scheme, c.op, c.err), "\n")
		if !strings.Contains(all, c.says) {
			t.Errorf("%s, %s, %v: %q, want %q", c.scheme, c.op, c.err, all, c.says)
		}
	}
	if all := advice("s3", files.OpPut, errors.New("something else")); len(all) != 0 {
		t.Errorf("the advice on an unknown failure is %q, want none", all)
	}
}
