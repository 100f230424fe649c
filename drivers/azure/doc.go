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
// the Azure CLI). Credentials never stand in the URL. [New] takes a client of the
// caller's. files.As gives the *container.Client.
//
// # How it connects
//
// timeout= bounds the wait for the first byte of an answer: a minute, as the SDK for
// Java does, and 10 minutes for a copy, which the service makes before it answers.
// read_timeout= bounds how long a body may stand still, one that is read and one that
// is sent; no slow body that moves is cut. Then the error is files.ErrUnavailable, and
// the policy repeats. A client that is given to [New] gets this, and all else that a
// bucket of a URL has, by [ClientOptions].
//
// A connection string may have an account's key, a shared access signature, also as the
// query of its BlobEndpoint, or UseDevelopmentStorage=true. It says where the account
// is, and a URL or AZURE_STORAGE_ACCOUNT that names another is files.ErrInvalid.
// anonymous=true opens a public container without credentials. Where the domain is an
// address, localhost or a name without a dot, the account stands in the path.
//
// Where there are no credentials, the first call is files.ErrPermission and says what
// to set. After AuthenticationFailed those that azidentity finds are looked for again,
// and the request is repeated once; a clock that is wrong is corrected by the answer's
// Date, and the request repeated once. A certificate that isn't trusted (SSL_CERT_FILE
// names more authorities), and HTTP where TLS is spoken, are files.ErrInvalid, and not
// repeated.
//
// # How the contract is kept
//
//   - A version is the ETag, and every Put makes a new one (V1). A weak ETag (W/"…"),
//     which a proxy that compresses makes, is a version for IfNotVersion alone; as a
//     condition of anything else it is errors.ErrUnsupported.
//   - Content up to the block size is one Put Blob; more goes in blocks, a few at a
//     time, and one Put Block List makes the blob of them (P1). Blocks of an upload
//     that failed are seen by nobody; the service, which has no request to drop them,
//     does so when the blob is written again, or after a week. Of two uploads of one
//     name in blocks, the one that commits first makes the service drop the other's,
//     which fails with ErrUnavailable.
//   - The CRC-32C of the content, and other digests that were given to Put, are kept in
//     the blob's metadata under cloudfiles_digest, which Info doesn't show, and whole
//     reads are checked against it (G6). Blobs of other programs are checked against
//     their MD5 where they have one.
//   - Conditions are the service's If-Match and If-None-Match, decided at the commit
//     (P8, P9). A conditional write has a random mark in its metadata, cloudfiles_mark:
//     where its answer was lost and it is sent again, it recognises itself; where it
//     doesn't, the error is ErrUncertain (P2).
//   - Listings are in byte order, although the service compares names as UTF-16 (L1):
//     names with characters beyond U+FFFF wait for those that come before them, at most
//     10,000 at a time; where more wait, that part is listed twice. A listing with
//     StartAfter begins there by startFrom, once an answer has shown that the service
//     does so; where it ignores that, and through a client of the caller's without
//     [ClientOptions], since the SDK doesn't send it, it costs the names in front.
//   - The last bytes of a file ([files.Last]) take two requests, since the service has
//     no such ranges (G3).
//   - Copies inside an account are made by the service from a URL that is signed with
//     the account's key: the properties, then Put Blob From URL up to 5000 MiB, blocks
//     above (C1). Without the key (a SAS token, an identity) they pass through the
//     program. Copy Blob, whose target is visible while it is pending, is not used.
//   - Signed URLs are service SAS and need the account's key. They bind name, method
//     and expiry; a SAS has no place for a content type, so Features.SignContentType is
//     false (W1).
//   - What isn't the service's own answer is told as that (E2), also with a client of
//     the caller's. The driver's own client reads at most 4 MiB of an error and 32 MiB
//     of a page, and follows no redirect. So does a client of the caller's that has
//     [ClientOptions] or [Transport]; any other does what it does before the SDK has
//     the answer, and the SDK reads an error of any length into memory before anybody
//     else sees it.
//   - Requests are repeated by the bucket's retry.Policy; the SDK's own retries are off.
//
// # What the service can't keep
//
// Names with a backslash, with an element that ends in a dot, or of more than 254
// elements are ErrUnsupported (Features.AnyName is false): the service takes a
// backslash for a slash and drops the dot. In an account with a hierarchical namespace
// "a" and "a/b" can't both exist (N3), listings have an order of their own, and empty
// directories stay and are listed (L6). That it is one, the first answers tell; then
// Features.DirBesideFile and Ordered are false. A directory is no file there: Stat and
// Get don't find it, and Delete leaves it. An empty blob with the metadata
// hdi_isfolder, by which tools mark a folder in other accounts, is no file to Stat and
// Get either; a listing shows it as an empty file, for it tells no metadata, unless
// hide_folder_markers=true (Options.HideFolderMarkers) has it ask for all of them.
//
// Names that Go CDK has escaped (__0x5c__) are what they are: other names.
//
// Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
// and
// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
package azure
