// Package azure is the driver for Azure Blob Storage, azblob://. A program imports it
// for its effect:
//
//	import _ "cloudfiles.dev/drivers/azure"
//
//	b, err := files.Open(ctx, "azblob://container?storage_account=name")
//
// URLs and environment variables are those of the Go CDK's azureblob:
// AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN,
// AZURE_STORAGE_CONNECTION_STRING, or else what azidentity finds (a managed identity,
// the Azure CLI). Credentials are never part of the URL. [New] takes a client of the
// caller's. files.As gives the *container.Client.
//
// # How it connects
//
// timeout= bounds the wait for the first byte of a response. It is a minute, as in the
// SDK for Java, and 10 minutes for a copy, which the service makes before it answers.
// read_timeout= bounds how long a body may stand still, whether it is read or sent; a
// slow body that moves is never cut. When either time is over, the error is
// files.ErrUnavailable, and the policy retries. With [ClientOptions], a client that is
// given to [New] gets this too, and everything else that a bucket opened by URL has.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, 8 unless it is given, and read_connections_after= how many bytes one reads before
// others join it (8 MiB).
//
// A connection string may have an account's key, a shared access signature (also as the
// query of its BlobEndpoint), or UseDevelopmentStorage=true. It says where the account
// is. A URL or AZURE_STORAGE_ACCOUNT that names another account is files.ErrInvalid.
// anonymous=true opens a public container without credentials. If the domain is an
// address, localhost or a name without a dot, the account goes into the path.
//
// Failures of credentials, clocks and certificates are handled so:
//
//   - Without credentials, the first call is files.ErrPermission and says what to set.
//   - A key, a shared access signature or a connection string that the service refuses
//     is read again from the environment. If it is another by then, for the same
//     account and of the same kind, the request is repeated once. After
//     AuthenticationFailed, azidentity looks for credentials again, and the request is
//     repeated once.
//   - A clock that is wrong is corrected by the response's Date, and the request is
//     repeated once.
//   - A certificate that isn't trusted (SSL_CERT_FILE names more authorities), and HTTP
//     where TLS is spoken, are files.ErrInvalid and are not retried.
//
// # How the contract is kept
//
//   - A version is the ETag, and every Put makes a new one (V1). A weak ETag (W/"…"),
//     which a proxy that compresses makes, is a version for IfNotVersion alone. As a
//     condition of anything else it is errors.ErrUnsupported.
//   - Content up to the part size is one Put Blob. Larger content goes in blocks, eight
//     of 8 MiB at a time by default, and one Put Block List makes the blob of them
//     (P1). Nobody sees the blocks of an upload that failed. The service has no request
//     to drop them; it does so when the blob is written again, or after a week. If two
//     uploads write one name in blocks, the one that commits first makes the service
//     drop the other's, which fails with ErrUnavailable.
//   - The CRC-32C of the content, and other digests that were given to Put, are kept in
//     the blob's metadata under cloudfiles_digest, which Info doesn't show. Whole reads
//     are checked against it (G6). Blobs of other programs are checked against their
//     MD5 if they have one.
//   - Conditions are the service's If-Match and If-None-Match, decided at the commit
//     (P8, P9). A conditional write has a random mark in its metadata, cloudfiles_mark.
//     If its response was lost and it is sent again, it recognises its own blob by that.
//     If it doesn't, the error is ErrUncertain (P2).
//   - Listings are in byte order, although the service compares names as UTF-16 (L1).
//     Names with characters beyond U+FFFF wait for those that come before them, at most
//     10,000 at a time. If more wait, that part is listed twice.
//   - A listing with StartAfter begins there by startFrom, once a response has shown that
//     the service supports it. If the service ignores it, the listing costs the names
//     before that place, too. So it does through a client of the caller's without
//     [ClientOptions], since the SDK doesn't send startFrom.
//   - The last bytes of a file ([files.Last]) take two requests, since the service has
//     no such ranges (G3).
//   - The service makes copies inside an account, from a URL that is signed with the
//     account's key: first the properties are read, then the blob is written by Put
//     Blob From URL up to 5000 MiB, and in blocks above (C1). Without the key (a SAS
//     token, an identity) copies pass through the program. Copy Blob is not used, since
//     its target is visible while it is pending.
//   - Signed URLs are service SAS and need the account's key. They bind name, method
//     and expiry. A SAS can't bind a content type, so Features.SignContentType is false
//     (W1).
//   - A response that isn't the service's own is reported as that (E2), also with a
//     client of the caller's. The driver's own client reads at most 4 MiB of an error
//     and 32 MiB of a page, and follows no redirect. So does a client of the caller's
//     that has [ClientOptions] or [Transport]. Any other client behaves as it does
//     before the SDK has the response, and the SDK reads an error of any length into
//     memory before anybody else sees it.
//   - Requests are retried by the bucket's retry.Policy. The SDK's own retries are off.
//
// # What the service can't keep
//
// Names with a backslash, with an element that ends in a dot, or of more than 254
// elements are ErrUnsupported (Features.AnyName is false): the service takes a
// backslash for a slash and drops the dot.
//
// In an account with a hierarchical namespace:
//
//   - "a" and "a/b" can't both exist (N3), listings have an order of their own, and
//     empty directories stay and are listed (L6).
//   - The first responses show that the account is one; then Features.DirBesideFile and
//     Ordered are false.
//   - A directory is not a file: Stat and Get don't find it, and Delete leaves it.
//
// In other accounts, tools mark a folder by an empty blob with the metadata
// hdi_isfolder. To Stat and Get that isn't a file either. A listing shows it as an empty
// file, since a listing doesn't return metadata, unless hide_folder_markers=true
// (Options.HideFolderMarkers) makes it ask for all metadata.
//
// Names that the Go CDK has escaped (__0x5c__) are not unescaped: they are other names.
//
// Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
// and
// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
package azure
