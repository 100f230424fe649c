// Package s3 keeps files in a bucket of Amazon S3, or of a store that speaks its
// protocol. It opens URLs such as
//
//	s3://bucket?region=eu-central-1
//	s3://bucket?region=us-east-1&endpoint=http://127.0.0.1:9000&use_path_style=true
//
// and [New] takes the program's own client. Credentials come only from the AWS SDK's
// chain: environment, shared files, roles. The Go CDK's s3blob opens the URL. So the
// URL may have all of its parameters, and those of this package (files.Describe lists
// them).
//
// # How it connects
//
// timeout= (Options.Timeout) bounds the wait for the first byte of a response. The
// default is a minute, as in boto3, because a service under load may take tens of
// seconds for a listing, and 10 minutes for copies and for the end of an upload in
// parts, on which S3 may work for long. read_timeout= bounds how long a body may make
// no progress, whether it is read or sent; a slow body that makes progress is never
// cut. When either time is over, the error is files.ErrUnavailable, and the policy
// retries.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, by default 8. read_connections_after= is how many bytes one connection reads
// before others join it, by default 8 MiB.
//
// An endpoint is http:// or https://, in any case, then a host, an optional port and an
// optional path. If the host is an IP address, localhost or a name without a dot, the
// bucket goes into the path, unless the URL has use_path_style=false or
// hostname_immutable.
//
// The driver handles failures of credentials, clocks and certificates as follows:
//
//   - If no credentials are found, the first attempt fails with files.ErrPermission.
//     The driver waits for the machine's metadata service for at most 3 s.
//   - After InvalidAccessKeyId, ExpiredToken and the like the credentials are read
//     again, including those in a file. If they have changed, the request is retried
//     once.
//   - After RequestTimeTooSkewed the request is retried once, with the time of the
//     response.
//   - A certificate that isn't trusted, and HTTP to a server that speaks TLS, are
//     files.ErrInvalid, and the request is not retried. AWS_CA_BUNDLE and SSL_CERT_FILE
//     name more authorities.
//
// request_payer=requester makes the caller's account pay, which some buckets require.
// sign_accept_encoding=false leaves the header Accept-Encoding out of the signature.
// Use it for a store behind a proxy that changes the header, such as Google's.
//
// Every operation takes the fewest requests that S3 allows:
//
//   - One request for a Put of up to a part's size with any options, a Get with the
//     full Info, a Stat, a Delete, 1,000 deleted names, 1,000 listed names, a Copy.
//   - Two requests for a Get of a range that begins at or past the end, and for a Copy
//     with FullInfo.
//   - Larger content is sent in parts, by default eight of 8 MiB at a time, within a
//     fixed amount of memory. No part waits for 100 Continue before it is sent. An
//     upload that fails is aborted.
//
// A Get, a Stat, a Delete, and a Put of up to 64 KiB without s3.PutOptions bypass the
// SDK's stack of middleware, which takes most of the CPU time of a small call. Their
// requests equal the SDK's byte for byte: the driver copies a request that the client
// has made, and signs it with the client's signer and credentials. The SDK handles
// every response that isn't a plain success or a plain refusal. The SDK makes all
// requests in these cases: if the client has middleware, interceptors, a logging mode,
// a tracer or a meter, or a signer, a resolver of endpoints or an authentication of its
// own; for Transfer Acceleration, directory buckets, access points and ARNs; and with
// sdk_only=true (Options.SDKOnly).
//
// # Other stores
//
// Stores that speak S3's protocol support less of it than S3 does, and silently ignore
// most of what they don't support. On several stores, a Delete of a certain version
// deletes any version, and a Copy that must not overwrite a file overwrites it. So each
// store has a Profile, which says which parts of S3 the store supports ("keeps"), with
// the sources. ProfileNames lists the profiles. The parameter store= (or
// Options.Profile) chooses one. Without it the endpoint's host determines the profile.
// If no profile names the host, the profile is "unknown". For a store that isn't
// Amazon's:
//
//   - Before the first conditional Put, the driver tests on a scratch name, in the
//     directory of the file, whether the store keeps conditions. If the store doesn't,
//     the Put is errors.ErrUnsupported, and Features no longer claims conditions.
//   - The header Server of a response may remove claims. It never adds one.
//   - All parts of an upload except the last have one size. So a stream of unknown
//     length can have at most 10,000 parts of that size (Features.MaxUnknownSize),
//     which is 78 GiB by default. part_size= or a declared size raises that limit. If
//     the profile says that the store accepts parts of growing sizes, such a stream may
//     be longer without more memory.
//   - A conditional Delete, which Move needs, is claimed only after files.Check or
//     Probe has proved it. Until they have proved a conditional Copy, such a copy is a
//     Get and a Put.
//   - Signing makes no request, so it can't try what the store does: a signed PUT with
//     IfAbsent is claimed (Features.SignIfAbsent) only if the profile says that the
//     store keeps conditional puts, or after a conditional Put, files.Check or Probe
//     has proved it.
//
// [files.Check], [Probe] and the command conformance/doctor test everything on scratch
// names, which they remove. Check fails if the bucket claims something that the store
// doesn't keep, and its error names the URL parameters to use.
//
// These parameters, or the fields of Options, override single facts of the profile:
//
//	checksum=auto|crc32c|none   auto sends and requests CRC-32C until the store refuses
//	                            it; none never does
//	etag=quoted|bare            how If-Match names a version on writes: bare is for a
//	                            store that compares it without its quotes
//	conditions=all|put|none|…   which conditions the store keeps: put means the
//	                            conditions of reads and of Put alone, in one request or
//	                            in parts; or a list of get,absent,version,complete,
//	                            delete,copy,source. Without complete, as on older
//	                            gateways of Ceph, a conditional Put of more than a part
//	                            is errors.ErrUnsupported
//	beside=kept|refused|unchecked
//	                            whether "a" and "a/b" may both exist. refused: a Put of
//	                            the second is errors.ErrUnsupported, which costs each
//	                            Put one or two requests (for MinIO, which lists only
//	                            one of them); unchecked: nothing checks it
//	part_size, concurrency      for an upload in parts: the bytes of a part, and how
//	                            many parts are sent at a time (8 MiB; 8, and up to 16
//	                            if they are faster)
//
// For MinIO write store=minio, for Ceph's gateway store=ceph, for versitygw (1.8 or
// later) store=versitygw.
//
// A store without ETags, such as JuiceFS's gateway (store=juicefs), has no versions,
// and a call that needs one is errors.ErrUnsupported. From any other store, a response
// without an ETag is an error.
//
// # What isn't S3
//
// A login page, a captive portal, a web server or a proxy may respond in place of S3.
// So the driver accepts a response as S3's only if it has what the protocol promises:
//
//   - A success has an ETag, a length, the document's root element, or no body at all.
//   - A file is missing only if S3's own error says NoSuchKey, or if the response to a
//     HEAD, which has no body, is 404.
//   - Anything else is files.ErrUnavailable (files.ErrPermission for 401 and 403), with
//     the words "this isn't an S3 endpoint".
//   - If a proxy responds to a write with 408, 429 or 5xx, or with a success that isn't
//     S3's, S3 may have carried out the write nevertheless. The driver recognizes a
//     conditional write by its mark (see "What is stored"); any other write is
//     files.ErrUncertain.
//   - If a response of status 200 has an error in its body, the call fails with that
//     error.
//
// Some stores send wrong responses when a write races with a delete or with another
// write:
//
//   - MinIO responds with 403 AccessDenied to a write that races with a delete of the
//     last file of a directory, as if the credentials weren't allowed to write. If the
//     profile says so (MinIO, and an unknown store), a write that is denied is retried,
//     at most twice. If the store keeps conditional puts, the driver first sends a Put
//     with a condition that never holds; if the response shows that the credentials may
//     write the name, the write is retried as often as the policy says. So a real
//     denial takes one or two requests more on these stores, and none on any other.
//   - After versitygw's 409 ExistingObjectIsDirectory the driver lists that directory.
//     If it is missing, the write is retried.
//   - versitygw reads a file's size and its attributes one after the other. A Stat
//     while the file is replaced may return one write's size and another's metadata and
//     version.
//   - If an upload in parts was aborted and there is an object of the name, versitygw
//     reports success for the completion of the upload, and stores nothing. If the
//     profile says so (versitygw, and an unknown store), the driver looks up an upload
//     of package files/resume after its completion.
//   - MinIO lists the unfinished uploads of one key only, and without a prefix those
//     that were begun at the server that responds, since it was started. If the
//     profile, or the header Server, says so, the driver makes both listings. So
//     resume.Uploads with a directory may miss uploads that were begun before a
//     restart, or at other servers of the cluster. With an exact name in
//     StaleOptions.Prefix nothing is missed. MinIO removes an upload by itself after a
//     day (stale_uploads_expiry), and then a call with its token begins anew.
//   - If a listing requests one key and its prefix is an object's key, MinIO responds
//     with that object and claims that there are no more. So the driver requests at
//     least two keys.
//   - MinIO loses the parts of an upload if it denies the completion of the upload
//     because of such a race. That Put is files.ErrUnavailable, and the program may
//     retry it.
//
// The driver follows no redirects; the error for S3's redirect to another region says
// which region to set. The driver reads at most 4 MiB of an error, and at most 32 MiB
// of a page of a listing. A listing is files.ErrUnavailable if it has a name twice, out
// of order or outside of what was requested, or if it doesn't end. A weak ETag (W/"…"),
// which a proxy that compresses sends, is a version for IfNotVersion alone. In any
// other condition it is errors.ErrUnsupported.
//
// # What is stored
//
// A file's name is its key, unchanged. Metadata is escaped as s3blob escapes it, so
// programs on the Go CDK read what this package wrote, and the other way round. A name
// that s3blob would escape (one with "../", or with "__0x2f__" in it) is another key
// there. A conditional Put adds the metadata key cloudfiles-mark, which Info doesn't
// show. By this mark, a Put whose response was lost finds its own file. CRC-32C is sent
// with every upload. S3 checks and stores it, and a whole read is checked against it.
//
// The ETag is the version. S3 repeats it for identical bytes (Features.VersionPerPut is
// false).
//
// # What S3 can't do
//
//   - Stat of a file in a missing bucket is ErrNotExist and not ErrNoBucket, since the
//     response to HEAD has no body (Features.StatNoBucket is false).
//   - Without permission to list, a missing file is ErrPermission, since S3 responds
//     with 403.
//   - A listing of a directory bucket is not in order. The service can only list whole
//     directories, so the driver itself applies StartAfter, and a Prefix that ends
//     inside an element.
//   - If the response to the beginning of an upload in parts is lost, S3 may keep an
//     upload whose ID no program has. A lifecycle rule (AbortIncompleteMultipartUpload)
//     removes it.
package s3
