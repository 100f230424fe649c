package gcs

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"cloud.google.com/go/storage"
	raw "google.golang.org/api/storage/v1"
)

// clientInternals finds the authorized *http.Client and the endpoint of a
// *storage.Client, which only its unexported fields hold. It takes only pointers, of
// fields whose type is checked, so an SDK with another layout is reported and not
// misread; a test fails then.
func clientInternals(client *storage.Client) (hc *http.Client, endpoint string, ok bool) {
	v := reflect.ValueOf(client).Elem()
	h, r := v.FieldByName("hc"), v.FieldByName("raw")
	if !h.IsValid() || !r.IsValid() || h.Type() != reflect.TypeFor[*http.Client]() ||
		r.Type() != reflect.TypeFor[*raw.Service]() || h.IsNil() || r.IsNil() {
		return nil, "", false // also a client of the gRPC API
	}
	service := (*raw.Service)(r.UnsafePointer())
	u, err := url.Parse(service.BasePath)
	if err != nil {
		return nil, "", false
	}
	path := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/storage/v1")
	return (*http.Client)(h.UnsafePointer()), u.Scheme + "://" + u.Host + path, true
}
