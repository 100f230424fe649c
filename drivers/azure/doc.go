// Package azure is the driver for Azure Blob Storage, azblob://. A program imports it to
// register the scheme:
//
//	import _ "cloudfiles.dev/drivers/azure"
//
//	b, err := files.Open(ctx, "azblob://container?storage_account=name")
//
// URLs and environment variables are the same as in the Go CDK's azureblob:
// AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN,
// AZURE_STORAGE_CONNECTION_STRING, or else what azidentity finds (a managed identity, the
// Azure CLI). Credentials are never part of the URL. [New] takes the caller's own client.
// files.As returns the *container.Client.
//
// # How it connects
//
// timeout= limits the wait for the first byte of a response. It is a minute by default,
// as in the SDK for Java, and 10 minutes for a copy, which the service finishes before
// it responds. read_timeout= limits how long a body may make no progress, whether it is
// read or sent; a slow body that makes progress is never cut. When either time is over,
// the error is files.ErrUnavailable, and the policy retries. A client that was made
// with [ClientOptions] and is given to [New] has the same limits, and all other
// settings of a bucket opened by URL.
//
// read_connections= (Options.ReadAhead) is how many connections at a time read a large
// body, 8 by default. read_connections_after= is how many bytes one connection reads
// before others join it (8 MiB).
//
// A connection string may have an account's key, a shared access signature (also as the
// query of its BlobEndpoint), or UseDevelopmentStorage=true. It determines the account. A
// URL or AZURE_STORAGE_ACCOUNT that names another account is files.ErrInvalid.
// anonymous=true opens a public container without credentials. If the domain is an IP
// address, localhost or a name without a dot, the account is part of the path.
//
// Problems with credentials, clocks and certificates are handled as follows:
//
//   - Without credentials, the first call is files.ErrPermission and says what to set.
//   - A key, a shared access signature or a connection string that the service refuses
//     is read again from the environment. If the environment now has another one of the
//     same kind for the same account, the request is repeated once. After
//     AuthenticationFailed, azidentity searches for credentials again, and the request
//     is repeated once.
//   - A wrong clock is corrected by the response's Date, and the request is repeated
//     once.
//   - A certificate that isn't trusted (SSL_CERT_FILE names more authorities), and
//     plain HTTP to a server that speaks TLS, are files.ErrInvalid and are not retried.
//
// # How the contract is kept
//
//   - A version is the ETag, and every Put makes a new one (V1). A weak ETag (W/"…"),
//     which a compressing proxy makes, is a version only for IfNotVersion. In any other
//     condition it is errors.ErrUnsupported.
//   - Content up to the part size is one Put Blob. Larger content is sent in blocks,
//     eight of 8 MiB at a time by default, and one Put Block List makes the blob from
//     them (P1). The blocks of an upload that failed are not visible. The service has
//     no request to remove them; it removes them when the blob is written again, or
//     after a week. If two uploads write one name in blocks, the commit of the first
//     makes the service remove the blocks of the other, which fails with
//     ErrUnavailable.
//   - The CRC-32C of the content, and other digests that were given to Put, are stored
//     in the blob's metadata under cloudfiles_digest, which Info doesn't show. Whole
//     reads are compared with it (G6). Blobs of other programs are compared with their
//     MD5 if they have one.
//   - Conditions are the service's If-Match and If-None-Match, decided at the commit
//     (P8, P9). A conditional write stores a random mark in the metadata,
//     cloudfiles_mark. If its response is lost and the write is sent again, the mark
//     shows whether the blob that is there is the one that the write stored. If it
//     isn't, the error is ErrUncertain (P2).
//   - Listings are in byte order, although the service compares names as UTF-16 (L1).
//     The driver holds back names with characters beyond U+FFFF until it has listed the
//     names that come before them. It holds at most 10,000 names; if there are more, it
//     lists that part twice.
//   - A listing with StartAfter begins there, by the parameter startFrom, once a
//     response has shown that the service supports that. If the service ignores it, the
//     listing also reads the names before that point. The same holds for a caller's
//     client without [ClientOptions], since the SDK doesn't send startFrom.
//   - Reading the last bytes of a file ([files.Last]) takes two requests, since the
//     service has no such ranges (G3).
//   - The service itself copies inside an account, from a URL that is signed with the
//     account's key (C1). The driver reads the properties first, and then has the
//     service write the blob: by Put Blob From URL up to 5000 MiB, and in blocks if it
//     is larger. Without the key (with a SAS token or an identity) copies pass through
//     the program. Copy Blob is not used, since its target is visible while it is
//     pending.
//   - Signed URLs are service SAS and need the account's key. They bind name, method
//     and expiry. They also bind the type and disposition of a GET's response, if the
//     driver knows the key; a caller's client doesn't reveal it. A SAS can't bind a
//     content type, a size or a condition, and can't allow HEAD without GET:
//     SignContentType, SignSize, SignIfAbsent and SignHead of Features are false (W1).
//     There are no upload forms either (package files/signing), because a SAS that
//     allows sending a block allows writing a whole blob.
//   - A response that isn't the service's own is reported as such (E2), also with a
//     caller's client. The driver's own client reads at most 4 MiB of an error and 32
//     MiB of a page, and follows no redirect. A caller's client that has
//     [ClientOptions] or [Transport] does the same. With any other client, the SDK
//     reads an error of any length into memory before the driver can check it, and the
//     client decides about redirects.
//   - Requests are retried by the bucket's retry.Policy. The SDK's own retries are off.
//
// # What the service can't keep
//
// Names with a backslash, with an element that ends in a dot, or with more than 254
// elements are ErrUnsupported (Features.AnyName is false): the service treats a
// backslash as a slash and drops the dot.
//
// In an account with a hierarchical namespace:
//
//   - "a" and "a/b" can't both exist (N3), listings have an order of their own, and empty
//     directories stay and are listed (L6).
//   - The driver recognizes the hierarchical namespace by the first responses. From
//     then on Features.DirBesideFile and Ordered are false.
//   - A directory is not a file: Stat and Get don't find it, and Delete leaves it.
//
// In other accounts, tools mark a folder by an empty blob with the metadata
// hdi_isfolder. Stat and Get don't find a file there either. A listing shows it as an
// empty file, since a listing doesn't return metadata, unless hide_folder_markers=true
// (Options.HideFolderMarkers) makes it request all metadata.
//
// Names that the Go CDK has escaped (__0x5c__) are not unescaped: they are different
// names.
//
// Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
// and
// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
package azure
