//go:build !all

package main

// Only memory and local disk, so that the program builds within seconds; -tags all adds
// every scheme.
import (
	_ "cloudfiles.dev/drivers/local"
	_ "cloudfiles.dev/drivers/mem"
)

const moreSchemes = "this build opens mem:// and file:// only; build with -tags all for s3://, " +
	"gs://, azblob:// and the Go CDK's own drivers:\n  go run -tags all ./examples/quickstart " +
	"-url URL"
