package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
)

// permissions has the permission that an operation needs, by scheme.
var permissions = map[string]map[files.Op]string{
	"s3": {
		files.OpCheck: "s3:ListBucket on the bucket",
		files.OpList: "s3:ListBucket on the bucket; without it S3 responds with 403 for every " +
			"missing key",
		files.OpPut:    "s3:PutObject (and s3:AbortMultipartUpload) on bucket/*",
		files.OpGet:    "s3:GetObject on bucket/*",
		files.OpStat:   "s3:GetObject on bucket/*",
		files.OpDelete: "s3:DeleteObject on bucket/*",
	},
	"gs": {
		files.OpCheck:  "storage.objects.list",
		files.OpList:   "storage.objects.list",
		files.OpPut:    "storage.objects.create, and storage.objects.delete to replace",
		files.OpGet:    "storage.objects.get",
		files.OpStat:   "storage.objects.get",
		files.OpDelete: "storage.objects.delete",
	},
	"azblob": {
		files.OpCheck:  "Storage Blob Data Reader (SAS: l)",
		files.OpList:   "Storage Blob Data Reader (SAS: l)",
		files.OpPut:    "Storage Blob Data Contributor (SAS: c and w)",
		files.OpGet:    "Storage Blob Data Reader (SAS: r)",
		files.OpStat:   "Storage Blob Data Reader (SAS: r)",
		files.OpDelete: "Storage Blob Data Contributor (SAS: d)",
	},
	"file": {
		files.OpCheck: "read and search (r-x) on the folder",
		files.OpList:  "read and search (r-x) on the folder",
		files.OpPut: "write and search (-wx) on the folder, and a file system that isn't " +
			"mounted read-only",
		files.OpGet:    "read (r--) on the files",
		files.OpStat:   "search (--x) on the folder",
		files.OpDelete: "write and search (-wx) on the folder",
	},
}

// ignored is the advice for a store that ignores conditions.
var ignored = map[string]string{
	"s3": "add store= with the store's name, or conditions= with the conditions that it keeps " +
		"(none if it keeps none): calls that need another condition then fail as unsupported, " +
		"instead of losing data silently",
	"": "update the store, or don't use IfAbsent, IfVersion and Update there",
}

// missing is the advice for a bucket that doesn't exist.
var missing = map[string]string{
	"s3": "create the bucket, or check its name, region=, endpoint= and the account of the " +
		"credentials",
	"gs": "create the bucket, or check its name; for an emulator set STORAGE_EMULATOR_HOST",
	"azblob": "create the container, or check its name and AZURE_STORAGE_ACCOUNT; for an " +
		"emulator add domain= and protocol=http",
	"file": "make the folder, or add create_dir=1; if the folder exists, its disk may not be " +
		"mounted",
}

// credentials says where the driver of each scheme looks for credentials.
var credentials = map[string]string{
	"s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or add profile=",
	"gs": "set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login; " +
		"for an emulator set STORAGE_EMULATOR_HOST",
	"azblob": "set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or " +
		"AZURE_STORAGE_CONNECTION_STRING",
}

// words has causes that have no error type. They are found by texts of servers and SDKs.
// These texts are only searched, and never shown.
var words = []struct {
	any []string // in lower case
	say func(scheme string) string
}{
	{
		[]string{
			"requesttimetooskewed", "request time too skewed",
			"difference between the request time",
		},
		func(string) string {
			return "this machine's clock is wrong: set it by NTP, because services refuse signed " +
				"requests that are 15 minutes off"
		},
	},
	{
		[]string{
			"no ec2 imds role", "failed to retrieve credentials",
			"failed to refresh cached credentials", "could not find default credentials",
			"static credentials are empty", "defaultazurecredential", "no credential",
		},
		func(scheme string) string { return "no credentials were found: " + credentials[scheme] },
	},
	{
		[]string{
			"signaturedoesnotmatch", "invalidaccesskeyid", "authenticationfailed", "invalid_grant",
			"authfailure",
		},
		func(scheme string) string {
			return "the credentials are not of an account of this store: " +
				credentials[scheme]
		},
	},
	{
		[]string{"expiredtoken", "token has expired", "token is expired"},
		func(string) string { return "the credentials have expired: sign in again" },
	},
	{
		[]string{
			"permanentredirect", "authorizationheadermalformed", "illegallocationconstraint",
			"movedpermanently", "missing region", "invalid region",
		},
		func(string) string {
			return "the region is wrong: set region= to the bucket's region"
		},
	},
	{
		[]string{
			"x-amz-checksum", "sdk-checksum", "xamzcontentsha256mismatch", "invaliddigest",
			"aws-chunked", "trailer", "content-sha256", "missingcontentlength",
			"badrequest: checksum",
		},
		func(string) string {
			return "the store doesn't support the SDK's checksums: add " +
				"request_checksum_calculation=when_required&" +
				"response_checksum_validation=when_required"
		},
	},
	{[]string{"http response to https client"}, func(string) string {
		return "the server speaks plain HTTP: write the endpoint with http:// (azblob: " +
			"protocol=http)"
	}},
}

// advice returns the usual remedies for a failure.
func advice(scheme string, op files.Op, err error) (all []string) {
	add := func(is bool, text string) {
		if is && text != "" {
			all = append(all, text)
		}
	}
	text := strings.ToLower(everything(err))
	for _, w := range words {
		for _, word := range w.any {
			if strings.Contains(text, word) {
				add(true, w.say(scheme))
				break
			}
		}
	}
	_, unknownHost := errors.AsType[*net.DNSError](err)
	add(unknownHost,
		"the host's name is unknown: check endpoint=, region= or domain=, and the network")
	add(errors.Is(err, syscall.ECONNREFUSED),
		"nothing listens there: start the server, or check the port")
	add(errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH),
		"the host can't be reached: check the network and HTTPS_PROXY")
	add(errors.Is(err, syscall.EROFS), "the file system is mounted read-only")
	add(errors.Is(err, syscall.ENOSPC), "the disk is full")
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	add(certificate || authority,
		"the server's certificate isn't trusted here: add its authority to the system's "+
			"(SSL_CERT_FILE)")
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	add(!unknownHost && (errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()),
		"no response came in time: check firewalls, the proxy (HTTPS_PROXY) and whether the "+
			"store is overloaded")
	add(errors.Is(err, files.ErrNoBucket), missing[scheme])
	if len(all) == 0 && errors.Is(err, files.ErrPermission) {
		add(true, "the permission is missing: the operation needs "+permissions[scheme][op])
		if permissions[scheme][op] == "" {
			all = []string{"the permission is missing"}
		}
	}
	add(len(all) == 0 && errors.Is(err, files.ErrUnavailable),
		"the store can't be reached or is overloaded: retry, and check the endpoint")
	return all
}

// everything returns the texts of the error and of all errors that it wraps.
func everything(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		text += "\n" + everything(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			text += "\n" + everything(err)
		}
	}
	return text
}

// secrets returns the texts that no error may show: for a folder, its path.
func secrets(rawURL string) []string {
	u, err := url.Parse(rawURL)
	if err != nil || !strings.HasSuffix(u.Scheme, "file") || len(u.Path) < 2 {
		return nil
	}
	return []string{u.Path}
}

// sender returns the function that sends signed requests, or nil if there is no server.
func sender(rawURL string) func(conformance.T, files.Bucket, files.SignedURL,
	[]byte) (int, []byte) {
	if u, err := url.Parse(rawURL); err != nil || strings.HasSuffix(u.Scheme,
		"file") || strings.HasSuffix(u.Scheme, "mem") {
		return nil
	}
	client := &http.Client{Timeout: time.Minute}
	return func(t conformance.T, _ files.Bucket, s files.SignedURL, content []byte) (int, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, bytes.NewReader(content))
		if err != nil {
			t.Fatalf("a signed URL can't be parsed") // err's text has the URL
		}
		for k, v := range s.Header {
			r.Header[k] = v
		}
		res, err := client.Do(r)
		if err != nil {
			cause := err
			// The text of a url.Error has the URL, and so the signature.
			if e, ok := errors.AsType[*url.Error](err); ok {
				cause = e.Err
			}
			t.Fatalf("a signed %s can't be sent: %v", s.Method, cause)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("the response to a signed %s: %v", s.Method, err)
		}
		return res.StatusCode, answer
	}
}
