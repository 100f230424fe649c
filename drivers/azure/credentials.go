package azure

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// settings are what the URL's parameters are called, for the texts of errors.
var settings = connect.Settings{
	TLS:       "write protocol=https",
	Plain:     "write protocol=http, as emulators want",
	Host:      "write the certificate's host in domain=",
	Authority: "set SSL_CERT_FILE to the authority's certificate",
}

const setCredentials = "there are no credentials, or they can't be refreshed: set " +
	"AZURE_STORAGE_KEY, " +
	"AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, log in with az login, or write " +
	"anonymous=true for a public container"

// isCredentials reports a failure to get a token: azidentity's errors say that
// repeating is no use.
func isCredentials(err error) bool {
	var no interface{ NonRetriable() }
	if _, answered := errors.AsType[*azcore.ResponseError](err); answered {
		var failed *azidentity.AuthenticationFailedError
		return errors.As(err, &failed)
	}
	return errors.As(err, &no)
}

// again repeats a request once and at once where a corrected clock may change the
// answer.
type again struct {
	offset atomic.Int64 // of the service's clock, in nanoseconds
}

// skewTime is how wrong a clock must be; the service takes 15 minutes:
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
const skewTime = 4 * time.Minute

// Do comes before the request is signed.
func (a *again) Do(req *policy.Request) (*http.Response, error) {
	a.date(req)
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusForbidden &&
		resp.StatusCode != http.StatusUnauthorized || !a.skewed(resp) {
		return resp, err
	}
	if rewindErr := req.RewindBody(); rewindErr != nil {
		return resp, err
	}
	resp.Body.Close()
	a.date(req)
	return req.Next()
}

// date writes the corrected time, which the signature of the account's key is of.
func (a *again) date(req *policy.Request) {
	if d := time.Duration(a.offset.Load()); d != 0 {
		at := time.Now().Add(d).UTC().Format(http.TimeFormat)
		req.Raw().Header["x-ms-date"] = []string{at}
	}
}

// skewed corrects the clock by a response's, and reports whether it was wrong.
func (a *again) skewed(resp *http.Response) bool {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	off := time.Until(date)
	if err != nil || (off-time.Duration(a.offset.Load())).Abs() <= skewTime {
		return false
	}
	a.offset.Store(int64(off))
	return true
}
