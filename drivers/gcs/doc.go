// Package gcs keeps files in a bucket of Google Cloud Storage. It opens gs:// URLs:
//
//	import _ "cloudfiles.dev/drivers/gcs"
//	b, err := files.Open(ctx, "gs://bucket")
//
// A URL is opened by the Go CDK's opener (gcsblob) and takes all of its parameters.
// Credentials are Application Default Credentials. STORAGE_EMULATOR_HOST, with or
// without "http://", selects an emulator. [New] takes a program's own *storage.Client.
// files.As returns the *storage.Client, and the *blob.Bucket of a bucket opened by URL.
//
// Requests go through the client's own, authorized *http.Client, but this package makes
// them itself rather than by the SDK's methods. The SDK's reader hides half of what the
// response's headers say. The SDK's writer either can't repeat a request that it
// streams, or keeps a buffer of 16 MiB for each object. The SDK's calls retry by a
// policy of their own. In this package each of these operations is one request, which
// one policy retries (Options.Retry):
//
//   - a put up to the part size
//   - a get, with everything that is known about the file
//   - a delete
//   - a copy inside one location
//   - each thousand names of a listing
//
// # Uploads in parts
//
// Content larger than a part is uploaded in parts, eight of 8 MiB at a time, and up to
// 16 if they are faster (part_size= and concurrency=, Options.PartSize and
// Options.Concurrency), in a multipart upload of the XML API. The upload is not visible
// under any name until it is completed. An upload that fails is aborted. If the program
// dies, its upload stays, and is billed, until a lifecycle rule
// (AbortIncompleteMultipartUpload) aborts it.
//
// Such an upload supports no preconditions: the service refuses them with "400
// NotImplemented" (https://docs.cloud.google.com/storage/docs/request-preconditions). A
// Put with a condition, with native options, or with metadata that no header can carry
// is therefore sent part by part, in a resumable session. The service removes the
// session by itself if the program dies. Every larger Put is sent in this way if
// concurrency=1, if the endpoint has no parallel uploads, as fake-gcs-server, or if the
// account's role lacks the permission storage.multipartUploads.create. The driver finds
// that out when the service refuses the first large Put, which costs one request. Each
// part is sent with its CRC-32C, and the digest of the whole is compared with what the
// service stored.
//
// # How it connects
//
// timeout= (Options.Timeout) limits the wait for the first byte of a response. It is a
// minute by default, since a service under load may take tens of seconds for a listing,
// and 10 minutes for a copy. read_timeout= limits how long a body may make no progress,
// whether it is read or sent; a slow body that makes progress is never cut. When either
// time is over, the error is files.ErrUnavailable, and the policy retries.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, 8 by default. read_connections_after= is how many bytes one connection reads
// before others join it (8 MiB).
//
// STORAGE_EMULATOR_HOST may have a path. Open searches for Application Default
// Credentials for at most 5 s. If it finds none, Open fails with files.ErrPermission,
// and the text says what to set. After a 401 the credentials are read again, and the
// request is repeated once. A certificate that isn't trusted (SSL_CERT_FILE names more
// authorities), and plain HTTP to a server that speaks TLS, are files.ErrInvalid and
// are not retried.
//
// user_project= (Options.UserProject) names the project that pays, for buckets whose
// requester pays. It is sent in a header of each request, and is part of the signed
// query of each signed URL (userProject). If the endpoint has a path, the path comes
// before the bucket in signed URLs.
//
// # What a version is
//
// A version is the object's generation: it identifies the content, and every Put makes
// a new one. If another program changes only the metadata, the version stays the same
// (GCS counts such changes separately, as the metageneration). IfVersion compares only
// the generation, so a conditional write doesn't fail because the service itself has
// changed the storage class. Writes of this package always make a new generation, even
// if they change only metadata.
//
// # What is stored
//
// A file's name is the object's name, and its metadata is the object's metadata, both
// unchanged. gcsblob and other programs write and read the same, except for names that
// gcsblob escapes (an element ending in ".." before another). Two entries of metadata
// belong to this package, and Info doesn't show them:
//
//   - cloudfiles-mark, a random text on conditional puts. By this mark, a Put that is
//     retried recognizes the file that an earlier attempt wrote.
//   - cloudfiles-attributes, beside metadata or headers that no HTTP header can carry
//     (keys that aren't tokens, values beyond ASCII). GCS "does not permit" these in
//     the response to a get, so this entry has a copy in a form that it permits. If
//     another program wrote such attributes, Stat returns them, but Get may not.
//
// # Responses that aren't the service's
//
// A response counts as Cloud Storage's if it has what the APIs promise: JSON with its
// kind, size and generation, a body with its generation and length, or an error in one
// of the two documented forms. Any other response, such as a login page or the error
// page of a web server or proxy, is files.ErrUnavailable (or files.ErrPermission for
// 401 and 403), with the words "this isn't a GCS endpoint". In addition:
//
//   - If a proxy responds to a write with 408, 429 or 5xx, the service may have carried it
//     out. The mark shows whether it has; without a mark the error is
//     files.ErrUncertain.
//   - A 412 is files.ErrExist or files.ErrPrecondition if its reason says that a
//     condition failed and the request had one. A refusal by a policy of the
//     organization has the same status; it is files.ErrPermission.
//   - Redirects are not followed. An upload's session on another host, or over http after
//     https, is refused, so neither content nor credentials are sent there.
//   - A listing that is out of order, repeats itself or doesn't end is an error, and so
//     is a copy that doesn't end.
//   - An error, and a response about one object, is read up to 1 MiB. A page of a
//     listing is read up to 16 MiB, and may have at most 200,000 values.
//   - Content that was compressed or decompressed on the way is never returned as the
//     stored content.
//
// # Limits of the service
//
//   - Names that begin with ".well-known/acme-challenge/" can't be stored; they are
//     errors.ErrUnsupported.
//   - A file has at most 5 TiB.
//   - An upload of package files/resume with a condition is one Put, and can't be
//     continued by another process. The completion of the XML API's uploads in parts
//     "overwrites any existing object" and has no precondition
//     (https://cloud.google.com/storage/docs/multipart-uploads). A resumable session
//     has one, from its beginning; but its URL lets everybody who has it write the file
//     for a week without other credentials, so it must not be in a token, which
//     programs keep in files and pass on. Parts could also be objects that are composed
//     under a condition, but these would be listed until then, would fall under
//     retention policies, and would need the right to delete. The same holds for native
//     options, and for attributes that no header can carry.
//   - The condition of a get (files.GetOptions.IfNotVersion) is decided by the
//     response's headers, because the API that returns metadata with the content has no
//     such condition. If it fails, the body isn't read; if the body is longer than 64
//     KiB, the connection can't be used again.
package gcs
