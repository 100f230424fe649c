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

// Settings are what to write in a driver's URLs, for the texts of errors.
type Settings struct {
	TLS       string // to speak TLS, such as "write https:// in endpoint="
	Plain     string // not to speak TLS
	Host      string // to name another host
	Authority string // to trust another authority
}

// Fault returns the text and the sentinel for a failure that isn't a service's response
// and means the same for all services, and nil for any other. A retry doesn't help
// against files.ErrInvalid. The request was not carried out, unless the server was
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
		return "the server speaks TLS, and the request is plain HTTP: " + s.TLS, files.ErrInvalid
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server doesn't speak TLS: " + s.Plain, files.ErrInvalid
	case errors.As(err, &cert), isCertificate(err):
		return certificate(err, s), files.ErrInvalid
	case err != nil && strings.Contains(err.Error(), oldTLS):
		return "the server speaks no version of TLS that is still safe: it must be updated",
			files.ErrInvalid
	case errors.As(err, &alert) && alert.Op == "remote error" && lasting(alert.Err):
		return "the server refuses TLS with this machine (" + alert.Err.Error() + "): " + s.Host,
			files.ErrInvalid
	}
	if t, ok := errors.AsType[*Twice](err); ok {
		return t.Error(), files.ErrUnavailable
	}
	if brokeInHandshake(err) {
		return "the connection broke in the TLS handshake", files.ErrUnavailable
	}
	return "", nil
}

// oldTLS is crypto/tls's error for a server that chooses a version below 1.2.
const oldTLS = "tls: server selected unsupported protocol version"

// Refused reports whether Fault shows that the request was not carried out.
func Refused(err error) bool {
	_, kind := Fault(err, Settings{})
	return kind == files.ErrInvalid
}

// isCertificate also finds errors that a caller's transport returns without
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
			"set the clock, or renew the certificate"
	case errors.As(err, &invalid):
		return "the server's certificate is not valid: renew it, or " + s.Authority
	}
	return "the server's certificate is of an authority that this machine doesn't trust: " +
		s.Authority
}

// lasting reports whether an alert can't be transient.
func lasting(alert error) bool {
	text := alert.Error()
	return strings.HasPrefix(text, "tls: ") && text != "tls: internal error" &&
		text != "tls: user canceled" && text != "tls: close notify" && text != "tls: bad record MAC"
}

// tlsSpoken is the response of a server that speaks TLS to a request that doesn't.
type tlsSpoken struct{}

func (*tlsSpoken) Error() string { return "the server speaks TLS" }

// plainWords are in the responses, with status 400, of servers that speak TLS to plain
// HTTP: net/http's, and so MinIO, SeaweedFS and Caddy; nginx; Apache.
var plainWords = [][]byte{
	[]byte("HTTP request to an HTTPS server"),
	[]byte("plain HTTP request was sent to HTTPS port"),
	[]byte("speaking plain HTTP to an SSL-enabled server port"),
	[]byte("This combination of host and port requires TLS"), // Tomcat
}

// mixup finds such a response. The response to a HEAD has no words, so if a web server
// sent it, mixup requests them by a GET.
func mixup(req *http.Request, resp *http.Response,
	next func(*http.Request) (*http.Response, error)) error {
	if req.URL.Scheme != "http" || resp.StatusCode != http.StatusBadRequest || resp.Body == nil {
		return nil
	}
	if req.Method == http.MethodHead {
		// net/http's server answers in HTTP/1.0 without a header, as no service does.
		if resp.ProtoAtLeast(1, 1) || len(resp.Header) > 0 {
			if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
				return mixupByGet(req, next)
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

// maxWords is how many bytes of a response are searched for the words. wordsTime bounds
// the wait for a response that is requested only for them.
const (
	maxWords  = 1 << 10
	wordsTime = 5 * time.Second
)

// mixupByGet looks for the words in the response to a GET of the same path, which has
// neither headers nor a query, and so no secret.
func mixupByGet(req *http.Request, next func(*http.Request) (*http.Response, error)) error {
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

// hidden finds a server's TLS alert that net/http has not returned: it closes the
// connection, and then may return the error that the rest of the request can't be
// written.
func hidden(req *http.Request, err error,
	next func(*http.Request) (*http.Response, error)) error {
	if req.URL.Scheme == "http" && errors.Is(err, net.ErrClosed) && req.Context().Err() == nil {
		return mixupByGet(req, next)
	}
	return nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// spokeTLS finds net/http's error for a TLS alert in place of a response. An alert
// begins with 0x15 and the version.
func spokeTLS(err error) bool {
	return err != nil && strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}
