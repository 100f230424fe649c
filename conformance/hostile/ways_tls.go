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
	// plain: the endpoint's URL begins with http://.
	plain bool
	// answer has the connection, which is closed behind it. done is closed with the
	// endpoint.
	answer func(c net.Conn, done <-chan struct{})
	// kind is the error's sentinel; nil waits for the context.
	kind error
	fix  fix
}

func (w *tlsWay) scheme() string {
	if w.plain {
		return "http"
	}
	return "https"
}

// tlsWays are all of them.
func tlsWays() ([]tlsWay, error) {
	certificates, err := certificateWays()
	if err != nil {
		return nil, err
	}
	return append(certificates, handshakeWays()...), nil
}

// certificateWays are of servers that finish the handshake, if the client does.
func certificateWays() ([]tlsWay, error) {
	const day = 24 * time.Hour
	var all []tlsWay
	for _, c := range []struct {
		name, why string
		from, to  time.Duration
		ip        net.IP
		fix       fix
	}{
		{"an expired certificate", "nobody renewed it", -2 * day, -day, nil, fixClock},
		{"a certificate of tomorrow", "or a clock that is wrong", day, 2 * day, nil, fixClock},
		{
			"another host's certificate", "an address in place of the name", -day, day,
			net.IPv4(10, 0, 0, 1), fixHost,
		},
		{
			"a strange authority's certificate", "a private one, or nobody's", -day, day, nil,
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
			answer: func(c net.Conn, _ <-chan struct{}) {
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

// selfSigned is the certificate of an address, which nobody has signed.
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

// hello reads what the client says first, of at least a byte.
func hello(c net.Conn) []byte {
	p := make([]byte, 16<<10)
	n, _ := c.Read(p)
	return p[:n]
}

// replies answers the first bytes, takes what else comes, and closes.
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

// alert is a record with a fatal alert of that number (RFC 8446, section 6).
func alert(number byte) string { return "\x15\x03\x03\x00\x02\x02" + string([]byte{number}) }

// oldHello chooses TLS 1.0 (RFC 2246, section 7.4.1.3).
var oldHello = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" +
	string(bytes.Repeat([]byte{7}, 32)) + "\x00\x00\x2f\x00"

const (
	badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n"
	nginxWords = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title>" +
		"</head></html>\r\n"
	goWords = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
)

// handshakeWays are of servers that don't finish the handshake.
func handshakeWays() []tlsWay {
	all := []tlsWay{
		{
			name:   "HTTP in place of TLS",
			why:    "https:// for a server that speaks HTTP",
			answer: replies(badRequest),
			kind:   files.ErrInvalid,
			fix:    fixPlain,
		},
		{
			name:   "SSH in place of TLS",
			why:    "another protocol's port",
			answer: replies("SSH-2.0-OpenSSH_9.6\r\n"),
			kind:   files.ErrInvalid,
			fix:    fixPlain,
		},
		{
			name:   "TLS in place of HTTP",
			why:    "http:// for a server that speaks TLS, which says so as OpenSSL does",
			plain:  true,
			answer: replies(alert(70)),
			kind:   files.ErrInvalid,
			fix:    fixTLS,
		},
		{
			name:   "an HTTPS port's words",
			why:    "http:// for nginx with TLS",
			plain:  true,
			answer: replies(badRequest + nginxWords),
			kind:   files.ErrInvalid,
			fix:    fixTLS,
		},
		{
			name:   "an HTTPS port's words of Go",
			why:    "http:// for a server such as MinIO with TLS",
			plain:  true,
			answer: replies(goWords),
			kind:   files.ErrInvalid,
			fix:    fixTLS,
		},
		{
			name:   "TLS 1.0",
			why:    "a server that is too old",
			answer: replies(oldHello),
			kind:   files.ErrInvalid,
		},
		{
			name: "no handshake",
			why:  "the connection is taken, and nothing comes",
			answer: func(c net.Conn, done <-chan struct{}) {
				hello(c)
				<-done
			},
		},
		{
			name: "half of a handshake",
			why:  "the first bytes come, and then nothing",
			answer: func(c net.Conn, done <-chan struct{}) {
				hello(c)
				io.WriteString(c, "\x16\x03\x03\x00\x7a\x02\x00")
				<-done
			},
		},
		{
			name:   "an end before the handshake",
			why:    "a balancer without servers",
			answer: func(c net.Conn, _ <-chan struct{}) {},
			kind:   files.ErrUnavailable,
		},
		{
			name:   "an end in the handshake",
			why:    "the server goes away",
			answer: func(c net.Conn, _ <-chan struct{}) { hello(c) },
			kind:   files.ErrUnavailable,
		},
		{
			name:   "an end in a record of the handshake",
			why:    "the server goes away",
			answer: replies("\x16\x03\x03\x00\x7a\x02\x00"),
			kind:   files.ErrUnavailable,
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
			name:   "the alert " + a.name,
			why:    "the server refuses the handshake",
			answer: replies(alert(a.number)),
			kind:   a.kind,
		})
	}
	return all
}
