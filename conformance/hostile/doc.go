// Package hostile checks that a driver keeps the contract if the service's endpoint responds
// wrongly: a login page with status 200, a write that was done and is answered with a
// gateway's 503, a body that is cut in half and goes on with another version's, a
// listing that never ends, a redirect to another host, an error of a gibibyte, silence.
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
// Each operation that a bucket has is made under each of two hundred ways ([Ways]) of
// answering wrongly, in front of a small truthful store, whose contents it is held to:
//
//   - with a nil error, content, size, version and names are the store's, and every
//     reported write, copy, move or delete was done;
//   - an error is a [files.Error] with a sentinel, whose text shows no address and no
//     secret and is short; it is ErrNotExist, ErrExist, ErrPrecondition, ErrNotModified
//     or ErrNoBucket only if the service said so in its own words, of a condition that
//     was sent;
//   - a failure has done nothing, or has done everything and matches ErrUncertain; one
//     of the files of a Move is there; every file that the result of many deletes doesn't
//     name as failed is gone;
//   - it makes at most as many requests as the policy allows, and some to look what
//     became of a write;
//   - it returns within [MaxLate] of its context's end, measured against a goroutine
//     that does nothing but wait for it; a call that is late must be so five times in a
//     row, and five times more when nothing else runs;
//   - it takes less than [MaxMemory] of memory more than before, store included;
//   - no request and no connection reaches another host, and no goroutine is left.
//
// A panic of the call is a failure; one in a goroutine of the driver's own ends the
// test's process.
//
// # TLS
//
// [RunTLS] does the same where the connection itself fails: certificates that aren't
// trusted, HTTP where HTTPS is spoken and the other way round, handshakes that break, are
// refused, or are never finished. What another attempt can't change is files.ErrInvalid
// after one connection, and its words name the setting that helps.
//
// # Other services
//
// The package has [S3], [GCS] and [Azure]. For a driver of another one, a [Service]
// says what its requests do, how its errors and pages look, and brings a truthful
// store: an http.Handler that can be cloned, some two hundred lines.
//
// # Exceptions
//
// What no client can know is left out, with its reason, in the ways themselves
// ([Way.Blind]): the length that a HEAD tells, a part of a file without a digest, which
// names a quiet answer leaves out. What a driver can't hold goes into [Config.Known]
// with its reason; an exception that isn't needed is a failure.
//
// # How long it takes
//
// Some thirty CPU seconds a service. By default each pair of a way and an operation is
// tried on every request, one in three on the first request alone and on all others
// too, and a large content goes up under one way in four, and a flood meets one
// operation in four; the choice is the same each time. With [Full] nothing is left out.
// Run sets the garbage collector's memory limit while it measures, so no other test of
// the process should run at the same time.
package hostile
