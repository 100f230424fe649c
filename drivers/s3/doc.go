// Package s3 keeps files in a bucket of Amazon S3, or of a store that speaks its
// protocol, for URLs such as
//
//	s3://bucket?region=eu-central-1
//	s3://bucket?region=us-east-1&endpoint=http://127.0.0.1:9000&use_path_style=true
//
// and, with a client of the program's own, through [New]. Credentials come from the AWS
// SDK's chain alone: environment, shared files, roles. The URL takes every parameter of
// the Go CDK's s3blob, which opens it, and those of this package ([files.Describe]
// lists them).
//
// # How it connects
//
// timeout= (Options.Timeout) bounds the wait for the first byte of an answer: a minute,
// as boto3's, since a service under load answers a listing after tens of seconds; 10
// minutes for copies and the end of an upload in parts, at which S3 may work for long.
// read_timeout= bounds how long a body may stand still, one that is read and one that
// is sent, and no slow body that moves is cut. Then the error is files.ErrUnavailable,
// and the policy repeats.
//
// An endpoint is http:// or https://, in any case, a host, maybe a port, and maybe a
// path. Where the host is an address, localhost or a name without a dot, the bucket
// stands in the path, unless use_path_style=false or hostname_immutable is written.
//
// Credentials that can't be found are files.ErrPermission within the first attempt: the
// metadata of the machine are asked for at most 3 s. After InvalidAccessKeyId,
// ExpiredToken and their like the credentials are read again, also those of a file, and
// the request is repeated once where they have changed; after RequestTimeTooSkewed it
// is repeated once by the clock of the answer. A certificate that isn't trusted, and
// HTTP where TLS is spoken, are files.ErrInvalid, and not repeated. AWS_CA_BUNDLE and
// SSL_CERT_FILE name more authorities.
//
// request_payer=requester lets the caller's account pay, for buckets of that kind.
// sign_accept_encoding=false leaves that header out of the signature, for a store
// behind something that changes it, as Google's is.
//
// Every operation costs the least requests that S3 has for it: one for a Put of up to a
// part's size with any options, a Get with the full Info, a Stat, a Delete, 1,000
// deleted names, 1,000 listed ones, a Copy; two for a Get of a range that begins past
// the end, and for a Copy with FullInfo. Larger content goes up in parts, within a
// fixed memory, and an upload that fails is aborted.
//
// # Other stores
//
// A store that speaks S3's protocol keeps less of it, and mostly says nothing: on
// several, a Delete of a certain version deletes any, and a copy that must not
// overwrite does. So each has a [Profile], which says what it keeps, with the sources:
// ProfileNames lists them. The parameter store= (or Options.Profile) chooses one;
// without it the endpoint's host does, and for a host that is not known the profile is
// "unknown". Then:
//
//   - Before the first conditional Put, the driver tries on a scratch name, in the
//     directory of the file, whether the store keeps conditions. Where it doesn't, the
//     Put is errors.ErrUnsupported, and Features no longer claim it.
//   - The header Server of an answer may take claims away, and never adds one.
//   - The parts of an upload are of one size, but for the last. So a stream of unknown
//     length is as long as 10,000 parts at most (Features.MaxUnknownSize), 78 GiB by
//     default: part_size= or a declared size lift that. Where the profile knows that
//     the store takes growing parts, such a stream reaches further without more memory.
//   - A conditional Delete, and with it Move, is claimed once files.Check or Probe has
//     proved it. Conditional copies read and put until then.
//
// [files.Check], [Probe] and the command conformance/doctor try everything on scratch
// names, which they remove. Check fails where something is claimed that the store
// doesn't keep, and names the parameters to write.
//
// Single parameters, or [Options], overrule the profile:
//
//	checksum=auto|crc32c|none   auto sends and asks for CRC-32C until the store refuses
//	                            it; none never does
//	etag=quoted|bare            how If-Match names a version on writes: bare for a store
//	                            that compares it without its quotes
//	conditions=all|put|none|…   which conditions the store keeps: put means those on
//	                            reads and on Put alone; or some of
//	                            get,absent,version,complete,delete,copy,source
//	beside=kept|refused|unchecked
//	                            whether "a" and "a/b" may both exist. refused: a Put of
//	                            the second is errors.ErrUnsupported, which costs each
//	                            Put one or two requests (MinIO, which lists only one of
//	                            them); unchecked: nothing looks
//	part_size, concurrency      of an upload in parts: bytes of a part, and how many are
//	                            on their way
//
// For MinIO write store=minio, for Ceph's gateway store=ceph, for versitygw (1.8 or
// later) store=versitygw.
//
// A store without ETags, such as JuiceFS's gateway (store=juicefs), has no versions,
// and what needs one is errors.ErrUnsupported; of any other store an answer without an
// ETag is an error.
//
// # What isn't S3
//
// A login page, a captive portal, a web server or a proxy may answer in S3's place. A
// success must have what the protocol promises: an ETag, a length, the root element of
// the document, or no body at all. A file is missing only where S3's own error says
// NoSuchKey, or a HEAD answers 404, which has no body to say more. Anything else is
// files.ErrUnavailable (files.ErrPermission for 401 and 403), with the words "this
// isn't an S3 endpoint". A write that a proxy answers with 408, 429 or 5xx, or with a
// success that is none, may have been done: a conditional one is recognised by its
// mark, and another is files.ErrUncertain. An error in an answer of status 200 is that
// error.
//
// MinIO answers 403 AccessDenied, as to credentials that may not write, to a write that
// races with a delete of the last file of a directory. Where the profile says so
// (MinIO, and an unknown store), a write that is denied is repeated: at most twice, or,
// where conditional puts are kept, as often as the policy says if a Put under a
// condition that never holds tells that the credentials may write the name. A true
// denial costs one or two requests more there, and none anywhere else. versitygw's 409
// ExistingObjectIsDirectory is looked into by a listing, and repeated where there is no
// such directory. MinIO loses the parts of an upload whose end it refuses so: that Put
// is files.ErrUnavailable, and may begin again.
//
// Redirects are not followed: those of S3 to another region say what to write. An error
// is read up to 4 MiB, and a page of a listing up to 32 MiB. A listing that has names
// twice, in no order or outside of what was asked for, or that doesn't end, is
// files.ErrUnavailable. A weak ETag (W/"…"), which a proxy that compresses makes, is a
// version for IfNotVersion alone; as a condition of anything else it is
// errors.ErrUnsupported.
//
// # What is stored
//
// A file's name is its key, as it is. Metadata is escaped as s3blob escapes it, so
// programs on the Go CDK read what this package wrote and the other way round; a name
// that s3blob would escape (one with "../", or with "__0x2f__" in it) is another key
// there. A conditional Put adds the metadata key cloudfiles-mark, which Info doesn't
// tell: by it a Put whose answer was lost is recognised as its own. CRC-32C is given
// with every upload; S3 checks it, stores it, and a whole read is checked against it.
//
// The ETag is the version. S3 repeats it for identical bytes (Features.VersionPerPut is
// false).
//
// # What S3 can't do
//
// Stat of a file in a missing bucket is ErrNotExist, for the answer to HEAD has no body
// (Features.StatNoBucket is false). Without permission to list, a missing file is
// ErrPermission, for S3 answers 403. Directory buckets are not ordered, and list a
// directory whole: a Prefix below it, and StartAfter, are applied here. When the answer
// to the beginning of an upload in parts is lost, S3 may keep an upload that nobody
// knows of: a lifecycle rule (AbortIncompleteMultipartUpload) removes such ones.
package s3
