// Package gcs keeps a bucket in Google Cloud Storage: gs:// URLs.
//
//	import _ "cloudfiles.dev/drivers/gcs"
//	b, err := files.Open(ctx, "gs://bucket")
//
// A URL opens with the Go CDK's opener (gcsblob) and takes all of its parameters;
// credentials are Application Default Credentials. STORAGE_EMULATOR_HOST, with or
// without "http://", leads to an emulator. [New] takes a program's own *storage.Client.
// files.As reaches the *storage.Client, and of a URL the *blob.Bucket.
//
// Requests go through the client's own, authorised *http.Client, and are written here
// rather than by the SDK's methods: its reader hides half of what the answer's headers
// tell, its writer can't repeat a request that it streams, or keeps a buffer of 16 MiB
// for each object, and its calls repeat themselves. So a put up to the part size, a get
// with everything that is known of the file, a delete, a copy inside one location and a
// thousand names of a listing are one request each, repeated by one policy
// (Options.Retry).
//
// # Uploads in parts
//
// More than a part goes up part by part, in a resumable session, which the service
// forgets by itself if the program dies. With concurrency=4 (Options.Concurrency) four
// parts are on their way at a time, in an upload of the XML API. It is opt-in for what
// such uploads cost: they hold that many parts in memory, parts have at least 5 MiB, an
// upload whose program dies stays (and is billed) until a lifecycle rule aborts it, and
// they know no preconditions ("Preconditions are not supported in the requests",
// https://cloud.google.com/storage/docs/multipart-uploads). So a conditional Put,
// native options and metadata that no header can carry still go part by part. Each part
// is sent with its CRC-32C. An endpoint that has no such uploads, as fake-gcs-server
// hasn't, gets the parts one by one, too.
//
// # How it connects
//
// timeout= (Options.Timeout) bounds the wait for the first byte of an answer: a minute,
// since a service under load answers a listing after tens of seconds, and 10 minutes
// for a copy. read_timeout= bounds how long a body may stand still, one that is read
// and one that is sent; no slow body that moves is cut. Then the error is
// files.ErrUnavailable, and the policy repeats.
//
// STORAGE_EMULATOR_HOST may have a path. Without Application Default Credentials, which
// are looked for at most 5 s, Open is files.ErrPermission and says what to set; after a
// 401 they are read again, and the request is repeated once. A certificate that isn't
// trusted (SSL_CERT_FILE names more authorities), and HTTP where TLS is spoken, are
// files.ErrInvalid, and not repeated. user_project= (Options.UserProject) names the
// project that pays, for buckets whose requester does: in a header of each request, and
// in the signed query of each signed URL (userProject), which has the endpoint's path
// in front of the bucket.
//
// # What a version is
//
// It is the object's generation, which every Put makes anew: it names the content. A
// change of the metadata alone, by other programs, does not make a new one (GCS counts
// those apart, as metageneration): IfVersion looks at the content only, so that a
// change of the storage class by the service itself doesn't fail a conditional write.
// Writes made here always make a new generation, also those that change metadata alone.
//
// # What is stored
//
// A name is the object's name as it is, metadata is the object's metadata as it is:
// both are what gcsblob and other programs write and read, but for names that gcsblob
// escapes (an element ending in ".." before another). Two entries of metadata are this
// package's own and hidden from Info:
//
//   - cloudfiles-mark, a random text on conditional puts, by which a repeated request
//     knows what it wrote itself at the first try;
//   - cloudfiles-attributes, beside metadata or headers that no HTTP header can carry
//     (keys that are no tokens, values beyond ASCII), which GCS "does not permit" in
//     the answer to a get: it carries them there. Such attributes, written by other
//     programs, Stat tells and Get may not.
//
// # What isn't the service
//
// An answer counts as Cloud Storage's where it has what the APIs promise: JSON with its
// kind, size and generation, a body with its generation and length, an error in one of
// the two documented forms. Anything else, of a login page, a web server or a proxy, is
// files.ErrUnavailable (or files.ErrPermission for 401 and 403), with the words "this
// isn't a GCS endpoint". A write that a proxy answers with 408, 429 or 5xx may have
// been done: the mark decides, else it is files.ErrUncertain. A 412 is files.ErrExist
// or files.ErrPrecondition where its reason says that a condition failed and one was
// sent; a policy of the organization, which has the same status, is
// files.ErrPermission. Redirects are not followed, and an upload's session on another
// host, or over http after https, is refused: neither content nor credentials go there.
// A listing that isn't in order, repeats itself or doesn't end is an error, and so is a
// copy that doesn't. An error and what tells of one object are read up to 1 MiB, a page
// of a listing up to 16 MiB, and none with more than 200,000 values. Content that was
// packed or unpacked on the way is not taken for what is stored.
//
// # Limits of the service
//
// Names that begin with ".well-known/acme-challenge/" can't be stored:
// errors.ErrUnsupported. A file has at most 5 TiB. A conditional get whose condition
// fails (files.GetOptions.IfNotVersion) is decided by the answer's headers, because the
// API that tells metadata with the content has no such condition: the body is not read,
// which costs the connection where it is longer than 64 KiB.
package gcs
