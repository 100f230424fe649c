// Package cloudfiles is the landing page of the module cloudfiles.dev: one interface, [files.Bucket], with the same
// Put, Get, List and Delete on memory, local disk and cloud object stores, chosen by a URL, under one contract
// that every driver keeps.
//
// Where to go:
//
//   - cloudfiles.dev/files: the interface, the contract, and everything that is written against it. Start here.
//   - cloudfiles.dev/files/fileshttp: serve files of a bucket over HTTP.
//   - cloudfiles.dev/files/retry: the one policy by which calls to a service are repeated.
//   - cloudfiles.dev/files/driver: for authors of drivers.
//   - cloudfiles.dev/drivers/mem: memory, the fake for an application's tests.
//   - cloudfiles.dev/drivers/local: a folder on the local disk, file://.
//   - cloudfiles.dev/drivers/azure: Azure Blob Storage, azblob://.
//   - cloudfiles.dev/drivers/gocloud: every driver of the Go CDK, and our buckets for programs written for the Go CDK.
//   - cloudfiles.dev/drivers/all: imports them all, for programs that take any URL.
//   - cloudfiles.dev/conformance: the contract as tests.
//
// This package holds nothing: import the ones above.
//
// [files.Bucket]: https://pkg.go.dev/cloudfiles.dev/files#Bucket
package cloudfiles
