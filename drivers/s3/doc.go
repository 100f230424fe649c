// Package s3 keeps files in a bucket of Amazon S3, or of a store that speaks its
// protocol. It opens URLs such as
//
//	s3://bucket?region=eu-central-1
//	s3://bucket?region=us-east-1&endpoint=http://127.0.0.1:9000&use_path_style=true
//
// and [New] takes a client of the program's own. Credentials come from the AWS SDK's
// chain alone: environment, shared files, roles. The URL is opened by the Go CDK's
// s3blob and takes every parameter of it, and those of this package ([files.Describe]
// lists them).
//
// # How it connects
//
// timeout= (Options.Timeout) bounds the wait for the first byte of a response. It is a
// minute, as in boto3, since a service under load answers a listing after tens of
// seconds. It is 10 minutes for copies and for the end of an upload in parts, on which
// S3 may work for long. read_timeout= bounds how long a body may stand still, whether
// it is read or sent; a slow body that moves is never cut. When either time is over,
// the error is files.ErrUnavailable, and the policy retries.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, 8 unless it is given, and read_connections_after= how many bytes one reads before
// others join it (8 MiB).
//
// An endpoint is http:// or https://, in any case, then a host, an optional port and an
// optional path. If the host is an address, localhost or a name without a dot, the
// bucket goes into the path, unless use_path_style=false or hostname_immutable is
// written.
//
// Failures of credentials, clocks and certificates are handled so:
//
//   - Credentials that can't be found are files.ErrPermission within the first attempt.
//     The machine's metadata service is asked for at most 3 s.
//   - After InvalidAccessKeyId, ExpiredToken and the like the credentials are read
//     again, also those of a file. If they have changed, the request is repeated once.
//   - After RequestTimeTooSkewed the request is repeated once, by the clock of the
//     answer.
//   - A certificate that isn't trusted, and HTTP where TLS is spoken, are
//     files.ErrInvalid and are not retried. AWS_CA_BUNDLE and SSL_CERT_FILE name more
//     authorities.
//
// request_payer=requester makes the caller's account pay, for buckets that ask for it.
// sign_accept_encoding=false leaves that header out of the signature, for a store
// behind something that changes the header, as Google's is.
//
// Every operation costs the fewest requests that S3 has for it:
//
//   - One request for a Put of up to a part's size with any options, a Get with the
//     full Info, a Stat, a Delete, 1,000 deleted names, 1,000 listed names, a Copy.
//   - Two requests for a Get of a range that begins past the end, and for a Copy with
//     FullInfo.
//   - Larger content goes up in parts, eight of 8 MiB at a time by default, within a
//     fixed amount of memory. No part waits for an answer before it is sent. An upload
//     that fails is aborted.
//
// A Get, a Stat, a Delete, and a Put of up to 64 KiB without s3.PutOptions, are made
// without the SDK's stack of middleware, which takes most of what a small call computes.
// Their requests are the SDK's in every byte: the client's own request is the form that
// they are made of, they are signed by its signer with its credentials, and the SDK
// handles every response but a plain success or a plain no. The SDK
// makes all requests if the client has middleware, interceptors, a logging mode, a tracer
// or a meter, a signer, a resolver of endpoints or an authentication of its own, for
// Transfer Acceleration, directory buckets, access points and ARNs, and with
// sdk_only=true (Options.SDKOnly).
//
// # Other stores
//
// A store that speaks S3's protocol keeps less of it than S3, and mostly doesn't say
// so. On several, a Delete of a certain version deletes any version, and a copy that
// must not overwrite does. So each store has a [Profile], which says what the store
// keeps, with the sources. ProfileNames lists the profiles. The parameter store= (or
// Options.Profile) chooses one. Without it the endpoint's host does, and the profile of
// an unknown host is "unknown". Then:
//
//   - Before the first conditional Put, the driver tries on a scratch name, in the
//     directory of the file, whether the store keeps conditions. If it doesn't, the Put
//     is errors.ErrUnsupported, and Features no longer claims it.
//   - The header Server of a response may take claims away. It never adds one.
//   - All parts of an upload but the last have one size. So a stream of unknown length
//     can have at most 10,000 parts (Features.MaxUnknownSize), which is 78 GiB by
//     default. part_size= or a declared size raises that. If the profile knows that the
//     store takes growing parts, such a stream may be longer without more memory.
//   - A conditional Delete, and with it Move, is claimed once files.Check or Probe has
//     proved it. Until then conditional copies read and put.
//
// [files.Check], [Probe] and the command conformance/doctor try everything on scratch
// names, which they remove. Check fails if something is claimed that the store doesn't
// keep, and names the parameters to write.
//
// Single parameters, or [Options], overrule the profile:
//
//	checksum=auto|crc32c|none   auto sends and asks for CRC-32C until the store refuses
//	                            it; none never does
//	etag=quoted|bare            how If-Match names a version on writes: bare is for a
//	                            store that compares it without its quotes
//	conditions=all|put|none|…   which conditions the store keeps: put means those on
//	                            reads and on Put alone, in one request or in parts; or
//	                            some of get,absent,version,complete,delete,copy,source.
//	                            Without complete, as on older gateways of Ceph, a
//	                            conditional Put of more than a part is
//	                            errors.ErrUnsupported
//	beside=kept|refused|unchecked
//	                            whether "a" and "a/b" may both exist. refused: a Put of
//	                            the second is errors.ErrUnsupported, which costs each
//	                            Put one or two requests (for MinIO, which lists only
//	                            one of them); unchecked: nothing looks
//	part_size, concurrency      for an upload in parts: the bytes of a part, and how
//	                            many parts are sent at a time
//
// For MinIO write store=minio, for Ceph's gateway store=ceph, for versitygw (1.8 or
// later) store=versitygw.
//
// A store without ETags, such as JuiceFS's gateway (store=juicefs), has no versions,
// and what needs one is errors.ErrUnsupported. From any other store, a response without
// an ETag is an error.
//
// # What isn't S3
//
// A login page, a captive portal, a web server or a proxy may answer in S3's place. So
// a response counts as S3's only if it has what the protocol promises:
//
//   - A success has an ETag, a length, the document's root element, or no body at all.
//   - A file is missing only if S3's own error says NoSuchKey, or if a HEAD responses
//     404, which has no body to say more.
//   - Anything else is files.ErrUnavailable (files.ErrPermission for 401 and 403), with
//     the words "this isn't an S3 endpoint".
//   - A write may have been done although a proxy answers it with 408, 429 or 5xx, or
//     with a success that isn't S3's. A conditional write is recognised by its mark;
//     any other is files.ErrUncertain.
//   - An error in a response of status 200 is that error.
//
// Some stores answer wrongly when a write races with a delete or with another write:
//
//   - MinIO answers 403 AccessDenied, as it does to credentials that may not write, to a
//     write that races with a delete of the last file of a directory. If the profile
//     says so (MinIO, and an unknown store), a write that is denied is retried, at most
//     twice. If the store keeps conditional puts, it is retried as often as the policy
//     says, provided that a Put under a condition that never holds shows that the
//     credentials may write the name. So a true denial costs one or two requests more
//     on these stores, and none on any other.
//   - After versitygw's 409 ExistingObjectIsDirectory a listing looks for that
//     directory. If there is none, the write is retried.
//   - versitygw reads a file's size and its attributes one after the other. A Stat while
//     the file is replaced may tell one write's size and another's metadata and version.
//   - MinIO loses the parts of an upload whose end it refuses so. That Put is
//     files.ErrUnavailable, and may begin again.
//
// Redirects are not followed; the error for S3's redirect to another region says what
// to write. An error is read up to 4 MiB, and a page of a listing up to 32 MiB. A
// listing is files.ErrUnavailable if it has names twice, out of order or outside of
// what was asked for, or if it doesn't end. A weak ETag (W/"…"), which a proxy that
// compresses makes, is a version for IfNotVersion alone. As a condition of anything
// else it is errors.ErrUnsupported.
//
// # What is stored
//
// A file's name is its key, as it is. Metadata is escaped as s3blob escapes it, so
// programs on the Go CDK read what this package wrote, and the other way round. A name
// that s3blob would escape (one with "../", or with "__0x2f__" in it) is another key
// there. A conditional Put adds the metadata key cloudfiles-mark, which Info doesn't
// show. By this mark, a Put whose response was lost recognises its own file. CRC-32C is
// sent with every upload. S3 checks and stores it, and a whole read is checked against
// it.
//
// The ETag is the version. S3 repeats it for identical bytes (Features.VersionPerPut is
// false).
//
// # What S3 can't do
//
//   - Stat of a file in a missing bucket is ErrNotExist, since the response to HEAD has
//     no body (Features.StatNoBucket is false).
//   - Without permission to list, a missing file is ErrPermission, since S3 responses
//     403.
//   - Directory buckets are not ordered, and a directory is listed whole. A Prefix below
//     it, and StartAfter, are applied here.
//   - If the response to the beginning of an upload in parts is lost, S3 may keep an
//     upload that nobody knows of. A lifecycle rule (AbortIncompleteMultipartUpload)
//     removes it.
package s3
