package all

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestCertificates: a certificate that has expired, isn't valid yet, or is another
// host's is ErrInvalid at the first attempt of every call, and the text says what to do
// (E2).
func TestCertificates(t *testing.T) {
	environment(t)
	now, here := time.Now(), net.IPv4(127, 0, 0, 1)
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		from, to time.Time
		ip       net.IP
		words    []string
	}{
		"expired": {
			now.Add(-2 * day), now.Add(-day), here,
			[]string{"has expired", "set the clock"},
		},
		"not valid yet": {
			now.Add(day), now.Add(2 * day), here,
			[]string{"not valid yet", "set the clock"},
		},
		"another host's": {
			now.Add(-day), now.Add(day), net.IPv4(10, 0, 0, 1),
			[]string{"another host's: write the ", "certificate"},
		},
	} {
		cert := selfSigned(t, c.from, c.to, c.ip)
		for _, s := range services {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				var conns atomic.Int32
				srv := httptest.NewUnstartedServer(http.NotFoundHandler())
				srv.Config.ErrorLog = quiet
				srv.Config.ConnState = counting(&conns)
				srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
				srv.StartTLS()
				defer srv.Close()
				b, err := s.open(t, "https", strings.TrimPrefix(srv.URL, "https://"),
					"&retry_delay=1ms")
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				for name, call := range connectCalls {
					conns.Store(0)
					err := call(t.Context(), b)
					if !errors.Is(err, files.ErrInvalid) || files.KindOf(err) != files.ErrInvalid {
						t.Errorf("%s: %v, want ErrInvalid", name, err)
					}
					for _, words := range c.words {
						if err != nil && !strings.Contains(err.Error(), words) {
							t.Errorf("%s: %v doesn't say %q", name, err, words)
						}
					}
					if conns.Load() > 2 {
						t.Errorf("%s: %d connections, want at most 2", name, conns.Load())
					}
				}
			})
		}
	}
}

// selfSigned returns a certificate for an address.
func selfSigned(t *testing.T, from, to time.Time, ip net.IP) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "store"},
		NotBefore:    from,
		NotAfter:     to,
		IPAddresses:  []net.IP{ip},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
