//go:build !all

package main

// Memory and local disk only, so that the first line shows in seconds: -tags all brings
// every scheme.
import (
	_ "cloudfiles.dev/drivers/local"
	_ "cloudfiles.dev/drivers/mem"
)

const moreSchemes = "this build opens mem:// and file:// only; build with -tags all for s3://, " +
	"gs://, azblob:// and the Go CDK's own drivers:\n  go run -tags all ./examples/quickstart " +
	"-url URL"
