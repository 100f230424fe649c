// Package cloudfiles is the landing page of the module cloudfiles.dev: one interface,
// [files.Bucket], with the same Put, Get, List and Delete on memory, local disk and
// cloud object stores, chosen by a URL, under one contract that every driver keeps.
//
// Where to go:
//
//   - cloudfiles.dev/files: the interface, the contract, and everything that is written
//     against it. Start here.
//   - cloudfiles.dev/files/fileshttp: serve files of a bucket over HTTP.
//   - cloudfiles.dev/files/retry: the one policy by which calls to a service are
//     repeated.
//   - cloudfiles.dev/files/driver: for authors of drivers.
//   - cloudfiles.dev/drivers/mem: memory, mem://, the fake for an application's tests.
//   - cloudfiles.dev/drivers/local: a folder on the local disk, file://.
//   - cloudfiles.dev/drivers/local/localhttp: signed URLs for local folders, and the
//     handler that serves them.
//   - cloudfiles.dev/drivers/s3: Amazon S3 and stores like it, s3://.
//   - cloudfiles.dev/drivers/s3/s3test: the harness of the suite for stores like it.
//   - cloudfiles.dev/drivers/gcs: Google Cloud Storage, gs://.
//   - cloudfiles.dev/drivers/azure: Azure Blob Storage, azblob://.
//   - cloudfiles.dev/drivers/gocloud: every driver of the Go CDK, gocloud+…://, and our
//     buckets for programs written for the Go CDK.
//   - cloudfiles.dev/drivers/all: imports them all, for programs that take any URL.
//   - cloudfiles.dev/conformance: the contract as tests.
//   - cloudfiles.dev/conformance/doctor: a command that holds a bucket of yours to the
//     contract.
//   - cloudfiles.dev/conformance/faultrun: many clients, and requests that fail in
//     every way, held to a model.
//   - cloudfiles.dev/conformance/hostile: two hundred ways in which a service's
//     endpoint answers wrongly, against every operation.
//   - cloudfiles.dev/conformance/proxy: counts requests and injects faults, for the
//     tests of drivers.
//   - cloudfiles.dev/examples/quickstart: a command that shows what a bucket does.
//   - cloudfiles.dev/examples/mapdriver: a driver in a hundred lines.
//
// This package holds nothing: import the ones above.
//
// [files.Bucket]: https://pkg.go.dev/cloudfiles.dev/files#Bucket
package cloudfiles
