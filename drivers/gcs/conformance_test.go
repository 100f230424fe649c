package gcs

import (
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// How fake-gcs-server differs from Cloud Storage, with the service's documentation.
// TestConformanceAsDocumented runs the same cases with these differences fixed.
const (
	rewriteFault = "the server ignores ifGenerationMatch and ifSourceGenerationMatch of a " +
		"rewrite and keeps attributes that the request's body leaves out; " +
		"https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite: they \"make the " +
		"operation conditional\", and the body is the \"metadata to apply to the destination " +
		"object\""
	deleteFault = "the server deletes with a stale ifGenerationMatch; " +
		"https://cloud.google.com/storage/docs/json_api/v1/objects/delete: \"makes the operation " +
		"conditional on whether the object's current generation matches the given value\""
	pagesFault = "with a delimiter, the server returns all prefixes on each page; " +
		"https://cloud.google.com/storage/docs/json_api/v1/objects/list: maxResults is the " +
		"\"maximum combined number of entries in items[] and prefixes[] to return in a " +
		"single page\""
	signFault = "the server doesn't check signatures; " +
		"https://cloud.google.com/storage/docs/access-control/signed-urls"
)

var serverFaults = map[string]string{
	"W1/only-what-is-signed":        signFault,
	"W1/tampered":                   signFault,
	"W1/expired":                    signFault,
	"W1/head":                       signFault,
	"W1/response":                   signFault,
	"W1/size":                       signFault,
	"W1/if-absent":                  signFault,
	"C1/onto-itself-new-attributes": rewriteFault,
	"C1/new-attributes":             rewriteFault,
	"C1/move-refused":               rewriteFault,
	"C1/between-buckets":            rewriteFault,
	"C1/if-source":                  rewriteFault,
	"C1/if-version":                 rewriteFault,
	"C1/if-absent":                  rewriteFault,
	"C1/if-absent-race":             rewriteFault,
	"C1/one-attribute":              rewriteFault,
	"C1/empty":                      rewriteFault,
	"C1/empty-attributes":           rewriteFault,
	"C1/empty-move":                 rewriteFault,
	"C1/large-attributes":           rewriteFault,
	"C1/large-conditions":           rewriteFault,
	"E1/same-text":                  rewriteFault,
	"D2/stale":                      deleteFault,
	"D2/empty":                      deleteFault,
	"D2/large":                      deleteFault,
	"C1/near-version":               rewriteFault,
	"C1/if-absent-beside-others":    rewriteFault,
	"C1/every-condition":            rewriteFault,
	"D2/near-version":               deleteFault,
	"L3/together":                   pagesFault,
	"L3/start-after-shallow":        pagesFault,
	"L3/page-sizes":                 pagesFault,
	"L3/page-sizes-at-a-name":       pagesFault,
}

// serverRaces occur only in some runs.
var serverRaces = map[string]string{
	"C1/attributes-beside-put": rewriteFault,
	"D2/against-update":        deleteFault,
	// whether repeated prefixes reach the limit depends on the number of names
	"L2/wide":                 pagesFault,
	"L2/thousand-directories": pagesFault,
	"X1/linearizable":         deleteFault,
	"X1/model":                rewriteFault,
}

// TestConformance runs the contract on the unchanged server: the cases that depend on the
// server, since TestConformanceAsDocumented runs all, and all with the long tests.
func TestConformance(t *testing.T) {
	t.Parallel()
	h := plainHarness(t, testserver.Start(t, testserver.FakeGCS), nil)
	h.Name = "gcs-fake"
	h.ServerFaults, h.ServerRaces = serverFaults, serverRaces
	rerun.Part(t, h, rerun.Store)
}

// TestConformanceAsDocumented runs all cases with the server's differences from the
// service fixed, and with the long tests also those that -short leaves out.
func TestConformanceAsDocumented(t *testing.T) {
	t.Parallel()
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket needs no fixes")
	}
	d := startDocumented(t, s.Endpoint)
	h := plainHarness(t, s, d)
	h.Name, h.Server = "gcs-documented", h.Server+", fixed as documented"
	h.Cut, h.Damage, h.Vanish = d.cut, d.damage, d.vanish
	rerun.Short(t, h)
}

// TestConformanceSub runs the cases below files.Sub, in one bucket: some of them, and
// all with the long tests. It leaves out N2 and N4, which store hundreds of files and
// which TestConformanceAsDocumented has.
func TestConformanceSub(t *testing.T) {
	t.Parallel()
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket needs no fixes")
	}
	d := startDocumented(t, s.Endpoint)
	h := plainHarness(t, s, d)
	h.Name, h.Server = "gcs-sub", h.Server+", fixed as documented"
	h.Cut, h.Damage = d.cut, d.damage
	url := through(t, d.self, with(s.Store(t), signParams(t)))
	h.Store, h.New = func(t conformance.T) files.Bucket { return openBucket(t, url) }, nil
	h.URL = func(conformance.T) string { return url }
	rerun.Part(t, h, "^(N1|N3|N5|L|D|C|E|U|W)")
}
