// Package cloudfiles is the landing page of the module cloudfiles.dev, which stores
// files in memory, on local disk and in cloud object stores. All have one interface,
// [files.Bucket], with the same Put, Get, List and Delete. A URL chooses the store, and
// every driver keeps the same contract.
//
// Where to go:
//
//   - cloudfiles.dev/files: the interface, the contract, and every function that takes
//     a bucket. Start here.
//   - cloudfiles.dev/files/fileshttp: serves files of a bucket over HTTP.
//   - cloudfiles.dev/files/cache: reads through another bucket, usually a local folder.
//   - cloudfiles.dev/files/observe: reports what a program does with a bucket to logs,
//     traces and metrics.
//   - cloudfiles.dev/files/observe/otelfiles: reports it to OpenTelemetry.
//   - cloudfiles.dev/files/observe/promfiles: reports it to Prometheus.
//   - cloudfiles.dev/files/eventlog: an append-only log of small records in a bucket.
//   - cloudfiles.dev/files/lease: lets only one of many processes work at a time, if all that
//     they share is a bucket.
//   - cloudfiles.dev/files/resume: downloads and uploads that continue after an
//     interruption or a kill.
//   - cloudfiles.dev/files/transfer: copies, moves, removes and synchronizes whole trees.
//   - cloudfiles.dev/files/filestest: the fake for an application's tests.
//   - cloudfiles.dev/files/signing: signs upload forms with a largest size, and uploads
//     in parts, for browsers.
//   - cloudfiles.dev/files/watch: calls a function whenever a file has changed.
//   - cloudfiles.dev/files/retry: the policy by which calls to a service are repeated.
//   - cloudfiles.dev/files/compress: stores files as zstd, in the standard way.
//   - cloudfiles.dev/files/crypt: encrypts contents, and optionally names, before they
//     are stored.
//   - cloudfiles.dev/files/limit: limits calls in flight, and operations and bytes a
//     second.
//   - cloudfiles.dev/files/timeout: limits how long a call waits for the other side.
//   - cloudfiles.dev/files/hedge: makes a Get or Stat a second time if the first is late.
//   - cloudfiles.dev/files/mount: joins several buckets by a table of directories.
//   - cloudfiles.dev/files/overlay: reads through several buckets, and writes to the first.
//   - cloudfiles.dev/files/mirror: writes to two buckets, and reads the first.
//   - cloudfiles.dev/files/iofs: any fs.FS, such as an embed.FS, as a bucket for reading.
//   - cloudfiles.dev/files/driver: for authors of drivers.
//   - cloudfiles.dev/drivers/mem: memory, mem://.
//   - cloudfiles.dev/drivers/local: a folder on the local disk, file://.
//   - cloudfiles.dev/drivers/local/localhttp: signed URLs for local folders, and the
//     handler that serves them.
//   - cloudfiles.dev/drivers/s3: Amazon S3 and stores like it, s3://.
//   - cloudfiles.dev/drivers/s3/s3test: the harness of the conformance suite for stores
//     like S3.
//   - cloudfiles.dev/drivers/gcs: Google Cloud Storage, gs://.
//   - cloudfiles.dev/drivers/azure: Azure Blob Storage, azblob://.
//   - cloudfiles.dev/drivers/gocloud: every driver of the Go CDK, gocloud+…://, and our
//     buckets for programs written for the Go CDK.
//   - cloudfiles.dev/drivers/all: imports all drivers, for programs that take any URL.
//   - cloudfiles.dev/conformance: the contract as tests.
//   - cloudfiles.dev/conformance/doctor: a command that checks a bucket of yours
//     against the contract.
//   - cloudfiles.dev/conformance/faultrun: checks a driver with many clients while
//     requests fail in every way.
//   - cloudfiles.dev/conformance/hostile: checks every operation against a service that
//     responds wrongly in two hundred ways.
//   - cloudfiles.dev/conformance/proxy: counts requests and injects faults, for the
//     tests of drivers.
//   - cloudfiles.dev/conformance/longtest: marks this module's long tests.
//   - cloudfiles.dev/conformance/rerun: runs a part of the suite again, in this module's
//     own tests.
//   - cloudfiles.dev/conformance/memdir: makes folders in memory, or far apart on the
//     disk, for this module's own tests.
//   - cloudfiles.dev/examples/quickstart: a command that shows what a bucket does.
//   - cloudfiles.dev/examples/files: a command: ls, cat, cp, sync, rm, du, sign and
//     check, on folders and buckets.
//   - cloudfiles.dev/examples/photos: a web application, and how it is tested.
//   - cloudfiles.dev/examples/mapdriver: a driver of about 150 lines.
//
// This package is empty: import the ones above.
//
// [files.Bucket]: https://pkg.go.dev/cloudfiles.dev/files#Bucket
package cloudfiles
