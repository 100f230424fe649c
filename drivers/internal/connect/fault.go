package connect

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// Settings are the names of settings in a driver's URLs, for the texts of errors.
type Settings struct {
	TLS       string // to speak TLS, such as "write https:// in endpoint="
	Plain     string // not to
	Host      string // to name another host
	Authority string // to trust another authority
}

// Fault returns the error for a failure that isn't a service's response and is the same
// for all services. It returns nil for any other. Retrying doesn't help against what it
// finds as files.ErrInvalid, and the request was not carried out, except if a server was
// silent.
func Fault(err error, s Settings) (words string, kind error) {
	var (
		silent *Silent
		mix    *tlsSpoken
		record tls.RecordHeaderError
		cert   *tls.CertificateVerificationError
		alert  *net.OpError
	)
	switch {
	case errors.As(err, &silent):
		return silent.Error(), files.ErrUnavailable
	case errors.As(err, &mix), spokeTLS(err):
		return "the server speaks TLS, and was asked in plain HTTP: " + s.TLS, files.ErrInvalid
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server doesn't speak TLS: " + s.Plain, files.ErrInvalid
	case errors.As(err, &cert), isCertificate(err):
		return certificate(err, s), files.ErrInvalid
	case err != nil && strings.Contains(err.Error(), oldTLS):
		return "the server speaks no version of TLS that is still safe: have it updated",
			files.ErrInvalid
	case errors.As(err, &alert) && alert.Op == "remote error" && lasting(alert.Err):
		return "the server refuses TLS with this machine (" + alert.Err.Error() + "): " + s.Host,
			files.ErrInvalid
	}
	if t, ok := errors.AsType[*Twice](err); ok {
		return t.Error(), files.ErrUnavailable
	}
	if Unsent(err) {
		return "the connection broke in the TLS handshake", files.ErrUnavailable
	}
	return "", nil
}

// oldTLS is what crypto/tls says of a server that chooses a version below 1.2.
const oldTLS = "tls: server selected unsupported protocol version"

// Refused reports a failure that Fault knows, after which nothing was carried out.
func Refused(err error) bool {
	_, kind := Fault(err, Settings{})
	return kind == files.ErrInvalid
}

// isCertificate also finds errors that a transport of the caller's own returns without
// crypto/tls's wrapping.
func isCertificate(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

func certificate(err error, s Settings) string {
	var (
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		return "the server's certificate is another host's: " + s.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired, or is not valid yet by this " +
			"machine's clock: " +
			"set the clock, or have it renewed"
	case errors.As(err, &invalid):
		return "the server's certificate is not valid: have it renewed, or " + s.Authority
	}
	return "the server's certificate is of an authority that this machine doesn't trust: " +
		s.Authority
}

// lasting leaves out the alerts that may be transient.
func lasting(alert error) bool {
	text := alert.Error()
	return strings.HasPrefix(text, "tls: ") && text != "tls: internal error" &&
		text != "tls: user canceled" && text != "tls: close notify" && text != "tls: bad record MAC"
}

// tlsSpoken is the response of a server that speaks TLS to a request that doesn't.
type tlsSpoken struct{}

func (*tlsSpoken) Error() string { return "the server speaks TLS" }

// plainWords are what servers say to plain HTTP where they speak TLS, with status 400:
// net/http's, and so MinIO, SeaweedFS and Caddy; nginx; Apache.
var plainWords = [][]byte{
	[]byte("HTTP request to an HTTPS server"),
	[]byte("plain HTTP request was sent to HTTPS port"),
	[]byte("speaking plain HTTP to an SSL-enabled server port"),
	[]byte("This combination of host and port requires TLS"), // Tomcat
}

// mixup finds such a response. The words of one to a HEAD, which has none, are asked for
// by a GET where a web server answered.
func mixup(req *http.Request, resp *http.Response,
	next func(*http.Request) (*http.Response, error)) error {
	if req.URL.Scheme != "http" || resp.StatusCode != http.StatusBadRequest || resp.Body == nil {
		return nil
	}
	if req.Method == http.MethodHead {
		// net/http's server says it in HTTP/1.0 without a header, which no service does.
		if resp.ProtoAtLeast(1, 1) || len(resp.Header) > 0 {
			if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
				return saidToGet(req, next)
			}
			return nil
		}
		resp.Body.Close()
		return &tlsSpoken{}
	}
	first, err := io.ReadAll(io.LimitReader(resp.Body, maxWords))
	for _, words := range plainWords {
		if bytes.Contains(first, words) {
			resp.Body.Close()
			return &tlsSpoken{}
		}
	}
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = &failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(first), rest), resp.Body}
	return nil
}

// maxWords is how much of a response is looked at, in bytes, and wordsTime for how long
// one is waited for that only has the words.
const (
	maxWords  = 1 << 10
	wordsTime = 5 * time.Second
)

// saidToGet is what mixup finds in the response to a GET of the same path, which has
// neither headers nor a query, and so no secret.
func saidToGet(req *http.Request, next func(*http.Request) (*http.Response, error)) error {
	u := *req.URL
	u.RawQuery = ""
	ctx, cancel := context.WithTimeout(req.Context(), wordsTime)
	defer cancel()
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil
	}
	resp, err := next(get)
	if spokeTLS(err) {
		return &tlsSpoken{}
	}
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	first, _ := io.ReadAll(io.LimitReader(resp.Body, maxWords))
	for _, words := range plainWords {
		if resp.StatusCode == http.StatusBadRequest && bytes.Contains(first, words) {
			return &tlsSpoken{}
		}
	}
	return nil
}

// hidden finds an alert instead of a response whose words net/http has hidden: it closes
// the connection, and then may report that the rest of the request can't be written.
func hidden(req *http.Request, err error,
	next func(*http.Request) (*http.Response, error)) error {
	if req.URL.Scheme == "http" && errors.Is(err, net.ErrClosed) && req.Context().Err() == nil {
		return saidToGet(req, next)
	}
	return nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// spokeTLS finds what net/http says of a TLS alert instead of a response: it begins
// with 0x15, and the version.
func spokeTLS(err error) bool {
	return err != nil && strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}
