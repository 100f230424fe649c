// Package gcs keeps files in a bucket of Google Cloud Storage. It opens gs:// URLs:
//
//	import _ "cloudfiles.dev/drivers/gcs"
//	b, err := files.Open(ctx, "gs://bucket")
//
// A URL is opened by the Go CDK's opener (gcsblob) and takes all of its parameters.
// Credentials are Application Default Credentials. STORAGE_EMULATOR_HOST, with or
// without "http://", leads to an emulator. [New] takes a program's own *storage.Client.
// files.As gives the *storage.Client, and the *blob.Bucket of a bucket opened by URL.
//
// Requests go through the client's own, authorised *http.Client, but they are written
// here rather than by the SDK's methods. The SDK's reader hides half of what the
// answer's headers say. Its writer can't repeat a request that it streams, or keeps a
// buffer of 16 MiB for each object. Its calls retry by themselves. Here each of these is
// one request, retried by one policy (Options.Retry):
//
//   - a put up to the part size
//   - a get with everything that is known of the file
//   - a delete
//   - a copy inside one location
//   - a thousand names of a listing
//
// # Uploads in parts
//
// Content larger than a part goes up in parts, eight of 8 MiB at a time (part_size= and
// concurrency=, Options.PartSize and Options.Concurrency), in a multipart upload of the
// XML API. It is visible under no name until its end, and an upload that fails is
// aborted. If the program dies, its upload stays, and is billed, until a lifecycle rule
// (AbortIncompleteMultipartUpload) aborts it.
//
// Such an upload has no preconditions: the service answers them with "400
// NotImplemented" (https://docs.cloud.google.com/storage/docs/request-preconditions). So
// a conditional Put, native options, and metadata that no header can carry go up part by
// part instead, in a resumable session, which the service forgets by itself if the
// program dies. concurrency=1 sends every Put in this way. So does an endpoint that has
// no parallel uploads, such as fake-gcs-server, and an account whose role lacks the
// permission storage.multipartUploads.create: the first large Put finds out, by one
// request that is refused. Each part is sent with its CRC-32C, and the whole is compared
// with what the service stored.
//
// # How it connects
//
// timeout= (Options.Timeout) bounds the wait for the first byte of a response. It is a
// minute, since a service under load answers a listing after tens of seconds, and 10
// minutes for a copy. read_timeout= bounds how long a body may stand still, whether it
// is read or sent; a slow body that moves is never cut. When either time is over, the
// error is files.ErrUnavailable, and the policy retries.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, 8 unless it is given, and read_connections_after= how many bytes one reads before
// others join it (8 MiB).
//
// STORAGE_EMULATOR_HOST may have a path. Application Default Credentials are looked for
// at most 5 s. Without them Open is files.ErrPermission and says what to set. After a
// 401 they are read again, and the request is repeated once. A certificate that isn't
// trusted (SSL_CERT_FILE names more authorities), and HTTP where TLS is spoken, are
// files.ErrInvalid and are not retried.
//
// user_project= (Options.UserProject) names the project that pays, for buckets whose
// requester does. It goes into a header of each request, and into the signed query of
// each signed URL (userProject), in which the endpoint's path comes before the bucket.
//
// # What a version is
//
// A version is the object's generation: it names the content, and every Put makes a new
// one. A change of the metadata alone, by other programs, doesn't make a new one (GCS
// counts those apart, as metageneration). IfVersion looks at the content only, so a
// conditional write doesn't fail because the service itself has changed the storage
// class. Writes made here always make a new generation, also those that change metadata
// alone.
//
// # What is stored
//
// A file's name is the object's name, and its metadata is the object's metadata, both
// unchanged. They are what gcsblob and other programs write and read, except for names
// that gcsblob escapes (an element ending in ".." before another). Two entries of
// metadata are this package's own, and Info doesn't show them:
//
//   - cloudfiles-mark, a random text on conditional puts. By it a repeated request
//     recognises what it wrote itself at the first attempt.
//   - cloudfiles-attributes, beside metadata or headers that no HTTP header can carry
//     (keys that aren't tokens, values beyond ASCII). GCS "does not permit" those in the
//     answer to a get, so this entry carries them there. If another program wrote such
//     attributes, Stat returns them, and Get may not.
//
// # What isn't the service
//
// A response counts as Cloud Storage's if it has what the APIs promise: JSON with its
// kind, size and generation, a body with its generation and length, an error in one of
// the two documented forms. Anything else, from a login page, a web server or a proxy,
// is files.ErrUnavailable (or files.ErrPermission for 401 and 403), with the words "this
// isn't a GCS endpoint". Further:
//
//   - A write that a proxy answers with 408, 429 or 5xx may have been done. The mark
//     decides; without a mark it is files.ErrUncertain.
//   - A 412 is files.ErrExist or files.ErrPrecondition if its reason says that a
//     condition failed and one was sent. A policy of the organization has the same
//     status; that is files.ErrPermission.
//   - Redirects are not followed. An upload's session on another host, or over http
//     after https, is refused, so neither content nor credentials go there.
//   - A listing that isn't in order, repeats itself or doesn't end is an error, and so
//     is a copy that doesn't end.
//   - An error, and a response about one object, is read up to 1 MiB. A page of a listing
//     is read up to 16 MiB, and none with more than 200,000 values.
//   - Content that was packed or unpacked on the way is not taken for what is stored.
//
// # Limits of the service
//
//   - Names that begin with ".well-known/acme-challenge/" can't be stored; they are
//     errors.ErrUnsupported.
//   - A file has at most 5 TiB.
//   - A conditional get whose condition fails (files.GetOptions.IfNotVersion) is decided
//     by the response's headers, because the API that returns metadata with the content
//     has no such condition. The body isn't read. If it is longer than 64 KiB, that
//     costs the connection.
package gcs
