// Package hostile checks that a driver keeps the contract if the service's endpoint
// responds wrongly. Examples are a login page with status 200, a gateway's 503 for a
// write that was done, a body whose second half is of another version, a listing that
// never ends, a redirect to another host, an error of a gibibyte, and silence.
//
//	func TestHostile(t *testing.T) {
//		hostile.Run(t, hostile.Config{
//			Service: hostile.S3,
//			Open: func(endpoint string) files.Bucket {
//				return mydriver.New(endpoint, "bucket", quickly)
//			},
//		})
//	}
//
// Run makes each operation of a bucket under each of two hundred ways ([Ways]) of
// responding wrongly. A small correct store stands behind the endpoint, and the result
// is compared with its contents:
//
//   - with a nil error, content, size, version and names are the store's, and every
//     reported write, copy, move or delete was done;
//   - an error is a [files.Error] with a sentinel, whose text shows no address and no
//     secret and is short; it is ErrNotExist, ErrExist, ErrPrecondition, ErrNotModified
//     or ErrNoBucket only if the service said so in its own words, of a condition that
//     was sent;
//   - an operation that fails has done nothing, or has done everything and matches
//     ErrUncertain; after a Move at least one of the two files is there; after a
//     DeleteMany every file is gone that the result doesn't report as failed;
//   - the operation makes at most as many requests as the retry policy allows, and a few
//     more to find out whether a write was done;
//   - it returns within [MaxLate] of its context's end, compared with a goroutine that
//     only waits for the same context; a call fails the test if it is late five times in
//     a row, and five times more when nothing else runs;
//   - memory grows by less than [MaxMemory], store included;
//   - no request and no connection reaches another host, and no goroutine is left.
//
// A panic of the call is a failure. A panic in a goroutine that the driver started ends
// the test's process.
//
// # TLS
//
// [RunTLS] does the same for connections that fail in TLS: certificates that aren't
// trusted, HTTP instead of HTTPS and the other way round, and handshakes that are
// interrupted, are refused, or are never finished. If another attempt can't help, the
// error is files.ErrInvalid after one connection, and its text names the setting that
// helps.
//
// # Other services
//
// The package has [S3], [GCS] and [Azure]. For the driver of another service, write a
// [Service]: it says what the service's requests do and how its errors and pages look,
// and it makes a correct store, which is an http.Handler that can be cloned, of some two
// hundred lines.
//
// # Exceptions
//
// A way lists the operations for which no client can notice it, with the reason
// ([Way.Blind]). Examples are the length in the response to HEAD, a part of a file
// without a digest, and the names that a quiet response leaves out. List the rules that a
// driver can't keep in [Config.Known], with the reason. An exception that isn't needed
// is a failure.
//
// # How long it takes
//
// Run takes some thirty CPU seconds for each service. By default it tries each way with
// each operation, applied to every request. One such pair in three is also tried on the
// first request alone, and on all requests but the first. One way in four is tried with
// large content, and ways that send a flood of data are tried on one operation in four.
// The choice is the same each time. With [Full] nothing is left out. Run sets the
// garbage collector's memory limit while it measures, so no other test of the process
// should run at the same time.
package hostile
