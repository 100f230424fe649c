package hostile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"time"

	"cloudfiles.dev/files"
)

// tlsWay is one way in which a connection fails.
type tlsWay struct {
	name, why string
	// plain reports whether the endpoint's URL begins with http://.
	plain bool
	// serve serves a connection, which is closed when it returns. done is closed with
	// the endpoint.
	serve func(c net.Conn, done <-chan struct{})
	// kind is the sentinel of the call's error. If it is nil, the call waits until its
	// context ends.
	kind error
	fix  fix
}

func (w *tlsWay) scheme() string {
	if w.plain {
		return "http"
	}
	return "https"
}

// tlsWays returns all ways.
func tlsWays() ([]tlsWay, error) {
	certificates, err := certificateWays()
	if err != nil {
		return nil, err
	}
	return append(certificates, handshakeWays()...), nil
}

// certificateWays are servers that finish the handshake if the client does.
func certificateWays() ([]tlsWay, error) {
	const day = 24 * time.Hour
	var all []tlsWay
	for _, c := range []struct {
		name, why string
		from, to  time.Duration
		ip        net.IP
		fix       fix
	}{
		{"an expired certificate", "it wasn't renewed", -2 * day, -day, nil, fixClock},
		{"a certificate of tomorrow", "the client's clock is wrong", day, 2 * day, nil, fixClock},
		{
			"another host's certificate", "an address instead of the name", -day, day,
			net.IPv4(10, 0, 0, 1), fixHost,
		},
		{
			"a strange authority's certificate", "a private authority, or none", -day, day, nil,
			fixAuthority,
		},
	} {
		if c.ip == nil {
			c.ip = net.IPv4(127, 0, 0, 1)
		}
		cert, err := selfSigned(time.Now().Add(c.from), time.Now().Add(c.to), c.ip)
		if err != nil {
			return nil, err
		}
		config := &tls.Config{Certificates: []tls.Certificate{cert}}
		all = append(all, tlsWay{
			name: c.name,
			why:  c.why,
			serve: func(c net.Conn, _ <-chan struct{}) {
				t := tls.Server(c, config)
				if t.Handshake() == nil {
					io.Copy(io.Discard, t)
				}
			},
			kind: files.ErrInvalid,
			fix:  c.fix,
		})
	}
	return all, nil
}

// selfSigned returns a certificate for an address, signed by its own key.
func selfSigned(from, to time.Time, ip net.IP) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "store"},
		NotBefore:    from,
		NotAfter:     to,
		IPAddresses:  []net.IP{ip},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// hello reads the first bytes that the client sends.
func hello(c net.Conn) []byte {
	p := make([]byte, 16<<10)
	n, _ := c.Read(p)
	return p[:n]
}

// replies sends the text after the client's first bytes, and reads until the client
// closes.
func replies(text string) func(net.Conn, <-chan struct{}) {
	return func(c net.Conn, _ <-chan struct{}) {
		if len(hello(c)) == 0 {
			return
		}
		io.WriteString(c, text)
		if t, ok := c.(*net.TCPConn); ok {
			t.CloseWrite() // a reset could overtake the response
		}
		io.Copy(io.Discard, c)
	}
}

// alert returns a record with a fatal alert of that number (RFC 8446, section 6).
func alert(number byte) string { return "\x15\x03\x03\x00\x02\x02" + string([]byte{number}) }

// oldHello is a ServerHello that chooses TLS 1.0 (RFC 2246, section 7.4.1.3).
var oldHello = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" +
	string(bytes.Repeat([]byte{7}, 32)) + "\x00\x00\x2f\x00"

const (
	badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n"
	nginxWords = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title>" +
		"</head></html>\r\n"
	goWords = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
)

// handshakeWays are servers that don't finish the handshake.
func handshakeWays() []tlsWay {
	all := []tlsWay{
		{
			name:  "HTTP in place of TLS",
			why:   "https:// for a server that speaks HTTP",
			serve: replies(badRequest),
			kind:  files.ErrInvalid,
			fix:   fixPlain,
		},
		{
			name:  "SSH in place of TLS",
			why:   "another protocol's port",
			serve: replies("SSH-2.0-OpenSSH_9.6\r\n"),
			kind:  files.ErrInvalid,
			fix:   fixPlain,
		},
		{
			name:  "TLS in place of HTTP",
			why:   "http:// for a server that speaks TLS and sends an alert, as OpenSSL does",
			plain: true,
			serve: replies(alert(70)),
			kind:  files.ErrInvalid,
			fix:   fixTLS,
		},
		{
			name:  "an HTTPS port's words",
			why:   "http:// for nginx with TLS",
			plain: true,
			serve: replies(badRequest + nginxWords),
			kind:  files.ErrInvalid,
			fix:   fixTLS,
		},
		{
			name:  "an HTTPS port's words of Go",
			why:   "http:// for a server such as MinIO with TLS",
			plain: true,
			serve: replies(goWords),
			kind:  files.ErrInvalid,
			fix:   fixTLS,
		},
		{
			name:  "TLS 1.0",
			why:   "a server that is too old",
			serve: replies(oldHello),
			kind:  files.ErrInvalid,
		},
		{
			name: "no handshake",
			why:  "the connection is accepted, and then nothing comes",
			serve: func(c net.Conn, done <-chan struct{}) {
				hello(c)
				<-done
			},
		},
		{
			name: "half of a handshake",
			why:  "the first bytes come, and then nothing",
			serve: func(c net.Conn, done <-chan struct{}) {
				hello(c)
				io.WriteString(c, "\x16\x03\x03\x00\x7a\x02\x00")
				<-done
			},
		},
		{
			name:  "an end before the handshake",
			why:   "a load balancer without servers",
			serve: func(c net.Conn, _ <-chan struct{}) {},
			kind:  files.ErrUnavailable,
		},
		{
			name:  "an end in the handshake",
			why:   "the server goes away",
			serve: func(c net.Conn, _ <-chan struct{}) { hello(c) },
			kind:  files.ErrUnavailable,
		},
		{
			name:  "an end in a record of the handshake",
			why:   "the server goes away",
			serve: replies("\x16\x03\x03\x00\x7a\x02\x00"),
			kind:  files.ErrUnavailable,
		},
	}
	for _, a := range []struct {
		name   string
		number byte
		kind   error
	}{
		{"handshake failure", 40, files.ErrInvalid},
		{"protocol version", 70, files.ErrInvalid},
		{"unrecognized name", 112, files.ErrInvalid},
		{"access denied", 49, files.ErrInvalid},
		{"certificate required", 116, files.ErrInvalid},
		{"internal error", 80, files.ErrUnavailable},
		{"user canceled", 90, files.ErrUnavailable},
	} {
		all = append(all, tlsWay{
			name:  "the alert " + a.name,
			why:   "the server refuses the handshake",
			serve: replies(alert(a.number)),
			kind:  a.kind,
		})
	}
	return all
}
