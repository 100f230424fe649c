package cephtest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/internal/testserver"
	_ "cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/drivers/s3/internal/cephtest"
	"cloudfiles.dev/files"
)

// TestConformanceSub runs the cases that a server can fail, each below a new directory
// of one bucket on three nodes. With the long tests it runs every case.
func TestConformanceSub(t *testing.T) {
	server := testserver.Start(t, testserver.Ceph)
	u, err := url.Parse(server.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query() // what the gateway needs, and no limit for the retries of all cases together
	for k, v := range map[string]string{
		"checksum":     "none",
		"etag":         "bare",
		"conditions":   "get,absent,version",
		"part_size":    "5242880",
		"retry_budget": "0",
	} {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	open := func(t conformance.T) files.Bucket {
		b, err := files.Open(t.Context(), u.String())
		if err != nil {
			t.Fatalf("files.Open: %v", err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	rerun.Part(t, conformance.Harness{
		Name:         "s3-ceph-sub",
		Server:       fmt.Sprintf("%s %s", server.Name, server.Version),
		Limit:        4 * time.Minute,
		Store:        open,
		Second:       func(t conformance.T, _ files.Bucket) files.Bucket { return open(t) },
		ServerFaults: cephtest.FaultsOfSmallParts(),
		ServerRaces:  cephtest.Races,
	}, rerun.Store)
}
