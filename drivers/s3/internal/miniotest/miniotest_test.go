package miniotest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/internal/testserver"
	_ "cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
)

func open(t conformance.T, u *url.URL, params map[string]string) files.Bucket {
	t.Helper()
	q := u.Query()
	q.Set("part_size", "5242880")
	q.Set("retry_budget", "0") // all cases share it
	for k, v := range params {
		q.Set(k, v)
	}
	with := *u
	with.RawQuery = q.Encode()
	b, err := files.Open(t.Context(), with.String())
	if err != nil {
		t.Fatalf("files.Open: %v", err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// faults are the cases that the server always fails, with the reason.
var faults = func() map[string]string {
	const long = "MinIO refuses segments of more than 255 bytes with KeyTooLongError; S3 " +
		"accepts keys of up to 1,024"
	const prefixes = "MinIO counts the eleven bytes of x-amz-meta- before each metadata key " +
		"towards the limit of 2 KiB; S3 counts only keys and values"
	faults := map[string]string{
		"P7/headers": "MinIO removes aws-chunked from a Content-Encoding that the " +
			"caller gave",
		"P7/header-limit":          prefixes,
		"P7/header-limit-in-parts": prefixes,
	}
	for _, id := range []string{
		"L7/nothing-of-the-drivers", "N2/long-tails", "N4/long-dir", "N4/long-element",
		"P7/on-every-file",
	} {
		faults[id] = long
	}
	return faults
}()

// races are the cases that the server fails in some runs.
var races = func() map[string]string {
	const why = "MinIO sometimes responds to the end of an upload with 500 InternalError, " +
		"which says nothing about its outcome; if the condition refuses the retry, the " +
		"outcome is uncertain"
	return map[string]string{
		"P9/at-commit":          why,
		"P9/at-commit-declared": why,
	}
}()

// TestConformance runs every case in a new directory of one bucket, with the store's
// profile and with the unknown store's. Without the long tests it runs the cases that
// the server or the profile can fail.
func TestConformance(t *testing.T) {
	server := testserver.Start(t, testserver.Minio)
	for _, c := range []struct{ name, store, cases string }{
		{"s3-minio", "minio", rerun.Store},
		// the rules whose claims are proved first
		{"s3-minio-unknown", "unknown", "^(N3|P8|P9|D|C1|U)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			params := map[string]string{"store": c.store}
			u, err := url.Parse(server.Store(t))
			if err != nil {
				t.Fatal(err)
			}
			rerun.Part(t, conformance.Harness{
				Name:   c.name,
				Limit:  4 * time.Minute,
				Server: fmt.Sprintf("%s %s", server.Name, server.Version),
				Store:  func(t conformance.T) files.Bucket { return open(t, u, params) },
				Second: func(t conformance.T, _ files.Bucket) files.Bucket {
					return open(t, u, params)
				},

				ServerFaults: faults,
				ServerRaces:  races,
			}, c.cases)
		})
	}
}
