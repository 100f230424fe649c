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

// settings names the URL's parameters in the texts of errors.
var settings = connect.Settings{
	TLS:       "write protocol=https",
	Plain:     "write protocol=http, which emulators use",
	Host:      "write the certificate's host in domain=",
	Authority: "set SSL_CERT_FILE to the authority's certificate",
}

const setCredentials = "there are no credentials, or they can't be refreshed: set " +
	"AZURE_STORAGE_KEY, " +
	"AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, log in with az login, or write " +
	"anonymous=true for a public container"

// isCredentials reports whether err is a failure to get a token: azidentity marks its
// errors as not retriable.
func isCredentials(err error) bool {
	var no interface{ NonRetriable() }
	if _, answered := errors.AsType[*azcore.ResponseError](err); answered {
		var failed *azidentity.AuthenticationFailedError
		return errors.As(err, &failed)
	}
	return errors.As(err, &no)
}

// clockPolicy repeats a request once, without delay, if a corrected clock may change the
// response.
type clockPolicy struct {
	offset atomic.Int64 // of the service's clock, in nanoseconds
}

// skewTime is by how much a clock must be wrong to be corrected; the service accepts 15
// minutes: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
const skewTime = 4 * time.Minute

// Do runs before the request is signed.
func (a *clockPolicy) Do(req *policy.Request) (*http.Response, error) {
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

// date sets the corrected time, which the signature by the account's key includes.
func (a *clockPolicy) date(req *policy.Request) {
	if d := time.Duration(a.offset.Load()); d != 0 {
		at := time.Now().Add(d).UTC().Format(http.TimeFormat)
		req.Raw().Header["x-ms-date"] = []string{at}
	}
}

// skewed corrects the clock by the response's Date, and reports whether it was wrong.
func (a *clockPolicy) skewed(resp *http.Response) bool {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	off := time.Until(date)
	if err != nil || (off-time.Duration(a.offset.Load())).Abs() <= skewTime {
		return false
	}
	a.offset.Store(int64(off))
	return true
}
