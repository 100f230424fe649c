// Package driver is for authors of drivers. A Backend moves bytes and decides
// conditions. [New] makes a files.Bucket of it, and does everything that is the same
// for all drivers: names, content types, metadata, digests, ranges, errors, chunks,
// timeouts and closing.
//
//	b := driver.New(&backend{client: client})
//
// New passes a Backend only legal names, checked options and a context that has not
// ended. The Backend returns the sentinels of package files as they are or through
// [Errorf] and [WithCause]; New adds the operation and the name. The texts of its errors
// are passed on as they are, so they must hold no physical path, prefix or secret (E1).
//
// Package cloudfiles.dev/conformance describes step by step how to write a driver and
// check it against the contract. Package cloudfiles.dev/examples/mapdriver is a
// complete driver.
//
// # What is here
//
//   - What a driver implements: [Backend], with [PutRequest], [OpenRequest], [Object],
//     [ListRequest], [Key] and [Content]. A body in memory or on a local disk may also
//     be an [ImmediateBody], an [AtBody], a [BytesBody] or a [FileBody].
//   - What a Backend may implement too: [Copier] with [CopyRequest], [Identifier] (with
//     [Folder] and [Nested] for stores that may lie inside each other), [ManyDeleter],
//     [Signer], [PostSigner] with [PostOptions] and [PostForm], [Checker],
//     [NativeChecker], [Aser], [Layerer], [ReadAheader] and [Varying].
//   - Uploads that go on in another process: [PartUploader], with [Upload],
//     [UploadLimits], [UploadedPart] and [UnfinishedUpload]; [StateKeeper]; [PartSigner]
//     and [PartReceiver] if others send the parts.
//   - Open by URL: [Register] and files.Scheme. [Params] reads the parameters;
//     [ReadAheadParams] documents those of [ReadAhead].
//   - Put: files.Condition has a method Check. [Parts] cuts an upload into parts in
//     bounded memory, by a [PartPlan] and a [PartMemory]; a [Part] is sent by a
//     [PartReader] or a [PartBody]. [ContentType] and [TypeByName] find the type,
//     [Hasher] computes digests. files.Attributes has a method Normalize.
//   - List: [ListSorted] for a backend that walks its names in byte order,
//     [PrefixEnd] for seeking past a directory, and [ParallelLister] for a service that
//     lists in pages.
//   - Delete: [EachName], for a service without a bulk delete.
//   - Return an error: [Errorf] for a text that users read, [WithCause] for an error of
//     the service. The hooks of wrappers use them too, and [NewError].
//   - End: [ContextError] says why a context ended. [Begin] makes something at a service
//     that is removed if the context ends first. [CleanupContext] and [Undo] clean up
//     after it, and [UploadLeft] is the error if that fails.
//   - Check names: [CheckNameMax] and [CheckDir].
//   - Join several buckets in one: [MeetFeatures], [DeleteNames], [Overlap] and
//     [SetInfo].
//   - Test a driver: [Unwrap] returns the Backend of a bucket.
//
// Packages of this module reach a backend through all wrappers by these:
//
//   - resume and transfer: [WithUploader] with [Uploader], [UnfinishedUploads] and
//     [ListSkipping]
//   - signing: [SignPost]; [BeginSignedUpload] with [SignedUploadOptions] and
//     [SignedUpload], [SignPart], [SignedParts] with [SignedPart],
//     [CompleteSignedUpload] and [AbortSignedUpload]
//   - fileshttp: [ReceivePart]
//
// # A Bucket of your own
//
// A type may also implement files.Bucket itself. It must then keep the whole contract
// by itself: its Get returns what [NewReader] makes of a [ReaderConfig], its errors are
// made by [NewError], and [UnknownNative] is its error for native options that it
// doesn't support. Its optional abilities are the interfaces whose names begin with
// Bucket: [BucketAser], [BucketChecker], [BucketCopier], [BucketCopySource],
// [BucketLayers], [BucketLocator], [BucketManyDeleter], [BucketNativeChecker],
// [BucketPartSigner], [BucketPostRouter], [BucketPostSigner], [BucketUploader],
// [BucketURLSigner] and [BucketViewer]. The bucket that New makes has each ability that
// its Backend has, and so has every wrapper made by files.Wrap. Applications need none of
// them: the functions of package files use them. A bucket that joins several others uses
// [MeetFeatures] and [SetInfo], and passes itself to files.Wrap, which makes the checks
// that every bucket makes.
package driver
