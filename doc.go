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
//   - cloudfiles.dev/files/cache: reads through another bucket, a local folder usually.
//   - cloudfiles.dev/files/observe: what a program does with a bucket, for logs,
//     traces and metrics.
//   - cloudfiles.dev/files/observe/otelfiles: OpenTelemetry, for package observe.
//   - cloudfiles.dev/files/observe/promfiles: Prometheus, for package observe.
//   - cloudfiles.dev/files/eventlog: an append-only log of small records in a bucket.
//   - cloudfiles.dev/files/lease: one of many processes works at a time, with a bucket as
//     the only thing that they share.
//   - cloudfiles.dev/files/resume: downloads and uploads that go on where a killed
//     process was.
//   - cloudfiles.dev/files/transfer: copies, moves, removes and synchronizes whole trees.
//   - cloudfiles.dev/files/filestest: the fake that an application is tested with.
//   - cloudfiles.dev/files/signing: signs upload forms with a largest size, for browsers.
//   - cloudfiles.dev/files/watch: calls a function whenever a file has changed.
//   - cloudfiles.dev/files/retry: the one policy by which calls to a service are
//     repeated.
//   - cloudfiles.dev/files/compress: stores files as zstd, in the standard way.
//   - cloudfiles.dev/files/crypt: encrypts contents, and names if asked, before they are
//     stored.
//   - cloudfiles.dev/files/limit: bounds calls in flight, operations and bytes a second.
//   - cloudfiles.dev/files/timeout: bounds how long a call waits for the other side.
//   - cloudfiles.dev/files/hedge: makes a Get or Stat once more whose answer is late.
//   - cloudfiles.dev/files/mount: several buckets as one, by a table of directories.
//   - cloudfiles.dev/files/overlay: reads through several buckets, and writes to the first.
//   - cloudfiles.dev/files/mirror: writes to two buckets, and reads the first.
//   - cloudfiles.dev/files/iofs: any fs.FS, such as an embed.FS, as a bucket for reading.
//   - cloudfiles.dev/files/driver: for authors of drivers.
//   - cloudfiles.dev/drivers/mem: memory, mem://, and the fake for an application's
//     tests.
//   - cloudfiles.dev/drivers/local: a folder on the local disk, file://.
//   - cloudfiles.dev/drivers/local/localhttp: signed URLs for local folders, and the
//     handler that serves them.
//   - cloudfiles.dev/drivers/s3: Amazon S3 and stores like it, s3://.
//   - cloudfiles.dev/drivers/s3/s3test: what the conformance suite needs to test stores
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
//   - cloudfiles.dev/conformance/hostile: checks every operation against a service's
//     endpoint that answers wrongly, in two hundred ways.
//   - cloudfiles.dev/conformance/proxy: counts requests and injects faults, for the
//     tests of drivers.
//   - cloudfiles.dev/conformance/longtest: tells this module's long tests apart.
//   - cloudfiles.dev/conformance/rerun: runs a part of the suite once more, in the
//     module's own tests.
//   - cloudfiles.dev/examples/quickstart: a command that shows what a bucket does.
//   - cloudfiles.dev/examples/files: a command: ls, cat, cp, sync, rm, du, sign and
//     check, on folders and buckets.
//   - cloudfiles.dev/examples/mapdriver: a driver in about a hundred lines.
//
// This package is empty: import the ones above.
//
// [files.Bucket]: https://pkg.go.dev/cloudfiles.dev/files#Bucket
package cloudfiles
