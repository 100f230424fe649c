package azure

import (
	"errors"
	"net"
	"net/http"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
)

// notApplied reports whether the request certainly changed nothing: the service itself
// refused it, or was not reached. Otherwise the response was lost, or was a proxy's (P2).
func notApplied(err error) bool {
	switch r := responseOf(err); {
	case r.status == 0:
		if connect.Refused(err) || connect.Unsent(err) || isCredentials(err) {
			return true
		}
		var dns *net.DNSError
		o, ok := errors.AsType[*net.OpError](err)
		return ok && o.Op == "dial" || errors.As(err, &dns)
	case !r.genuine:
		return r.status >= 300 && r.status != http.StatusRequestTimeout &&
			r.status != http.StatusTooManyRequests && r.status != statusClientGone &&
			(r.status < 500 || r.status == http.StatusNotImplemented)
	case r.status < 300: // an error with a success's status
		kind := codes[r.code]
		return kind != nil && kind != files.ErrUnavailable
	default:
		return r.status < 500 && r.status != http.StatusRequestTimeout ||
			r.code == "CannotVerifyCopySource"
	}
}
