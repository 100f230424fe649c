package azure

import (
	"errors"
	"net"
	"net/http"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
)

// notApplied reports whether nothing was done for certain: the service said no in its own
// words, or was not reached. Otherwise a response was lost, or a proxy's word stands for
// it (P2).
func notApplied(err error) bool {
	switch r := responseOf(err); {
	case r.status == 0:
		if connect.Refused(err) || connect.Unsent(err) || isCredentials(err) {
			return true
		}
		var dns *net.DNSError
		o, ok := errors.AsType[*net.OpError](err)
		return ok && o.Op == "dial" || errors.As(err, &dns)
	case !r.own:
		return r.status >= 300 && r.status != http.StatusRequestTimeout &&
			r.status != http.StatusTooManyRequests && r.status != statusClientGone &&
			(r.status < 500 || r.status == http.StatusNotImplemented)
	case r.status < 300: // an error that began as a success
		kind := codes[r.code]
		return kind != nil && kind != files.ErrUnavailable
	default:
		return r.status < 500 && r.status != http.StatusRequestTimeout ||
			r.code == "CannotVerifyCopySource"
	}
}
