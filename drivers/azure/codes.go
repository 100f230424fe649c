package azure

import "cloudfiles.dev/files"

// codes maps the service's error codes to sentinels, for all kinds of request;
// response.kind handles what depends on the kind. See
// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes,
// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes and,
// for accounts with a hierarchical namespace, data-lake-storage-gen2 beside them.
var codes = map[string]error{}

func init() {
	for kind, names := range map[error][]string{
		files.ErrNoBucket: {
			"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled",
			"AccountBeingCreated",
			"AccountNotFound", "FilesystemNotFound", "FilesystemBeingDeleted",
		},
		files.ErrNotExist: {
			"BlobNotFound", "PathNotFound", "ResourceNotFound", "SourcePathNotFound",
			"PreviousSnapshotNotFound",
		},
		files.ErrPermission: {
			"AccountIsDisabled", "AuthenticationFailed", "AuthorizationFailure",
			"AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch",
			"AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch",
			"AuthorizationSourceIPMismatch", "InsufficientAccountPermissions",
			"InvalidAuthenticationInfo", "NoAuthenticationInformation", "PublicAccessNotPermitted",
			"KeyBasedAuthenticationNotPermitted", "UnauthorizedBlobOverwrite", "AclInvalid",
			"BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold",
			"ContainerImmutabilityPolicyLocked", "ImmutabilityPolicyDeleteOnLockedPolicy",
			"LeaseIdMissing", "LeaseLost", "LeaseAlreadyPresent", "LeaseAlreadyBroken",
			"LeaseIdMismatchWithBlobOperation", "LeaseIdMismatchWithContainerOperation",
			"LeaseIdMismatchWithLeaseOperation", "LeaseIsBreakingAndCannotBeAcquired",
			"LeaseIsBreakingAndCannotBeChanged", "LeaseIsBrokenAndCannotBeRenewed",
			"LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithContainerOperation",
			"LeaseNotPresentWithLeaseOperation", "LeaseNotPresent", "LeaseIdMismatch",
			"InfiniteLeaseDurationRequired", "LeaseNameMismatch",
			"BlobArchived", "BlobBeingRehydrated", "SnapshotsPresent",
			"BlobUsesCustomerSpecifiedEncryption", "BlobDoesNotUseCustomerSpecifiedEncryption",
			"BlobCustomerSpecifiedEncryptionMismatch", "CustomerProvidedKeyMismatch",
			"KeyVaultEncryptionKeyNotFound", "KeyVaultVaultNotFound",
			"KeyVaultAccessTokenCannotBeAcquired",
			"EncryptionScopeDisabled", "EncryptionScopeNotFound", "TenantMismatch",
		},
		files.ErrInvalidName: {
			"InvalidResourceName", "InvalidUri", "InvalidBlobName", "RequestUrlFailedToParse",
		},
		files.ErrInvalid: {
			"MetadataTooLarge", "InvalidMetadata", "EmptyMetadataKey", "InvalidBlobTier",
			"InvalidHeaderValue", "InvalidInput", "InvalidMd5", "InvalidBlockId", "InvalidHttpVerb",
			"InvalidQueryParameterValue", "InvalidXmlDocument", "InvalidXmlNodeValue",
			"MissingContentLengthHeader", "MissingRequiredHeader", "MissingRequiredQueryParameter",
			"MissingRequiredXmlNode", "MultipleConditionHeadersNotSupported",
			"ConditionHeadersNotSupported", "OutOfRangeInput", "OutOfRangeQueryParameterValue",
			"Md5MismatchInRequest", "InvalidPageRange", "InvalidSourceBlobType",
			"InvalidSourceBlobUrl",
			"InvalidVersionForPageBlobOperation", "AccountAlreadyExists", "ContainerAlreadyExists",
			"InvalidTagSet", "InvalidTag", "TagsTooLarge", "EmptyTagName", "DuplicateTagNames",
			"SequenceNumberIncrementTooLarge", "InvalidPropertyName", "InvalidFlushPosition",
			"InvalidDestinationPath", "InvalidRenameSourcePath", "InvalidSourceUri",
			"HostInformationNotPresent",
			"InvalidAppendPosition", "InvalidAppendMode", "InvalidResourceType",
			"CannotChangeToLowerTier", "BlobNotArchived", "BlobTierInadequateForContentLength",
		},
		files.ErrTooLarge: {
			"RequestBodyTooLarge", "BlockCountExceedsLimit", "BlockListTooLong",
			"ContentLengthLargerThanTierLimit", "AccountLimitExceeded", "SnapshotCountExceeded",
			"QuotaExceeded", "InsufficientStorage",
		},
		files.ErrCorrupt: {"Md5Mismatch", "Crc64Mismatch"},
		files.ErrUnavailable: {
			"InternalError", "OperationTimedOut", "ServerBusy", "ServerBusyException",
			"SystemInUse",
			"InvalidRange", "CannotVerifyCopySource", "PendingCopyOperation",
			"NoPendingCopyOperation",
			"CopyIdMismatch", "BlobOverwritten", "SnapshotOperationRateExceeded",
			"TooManyRequests", "AccountRequestRateExceeded", "IngressLimitExceeded",
			// Another upload has made the service drop the blocks of this one: the Put
			// may begin again.
			"InvalidBlobOrBlock", "InvalidBlockList",
			// A failed condition, if the request had none; response.condition handles
			// the others.
			"ConditionNotMet", "TargetConditionNotMet", "SourceConditionNotMet",
			"BlobAlreadyExists",
			"PathAlreadyExists", "ResourceAlreadyExists", "AppendPositionConditionNotMet",
			"MaxBlobSizeConditionNotMet", "SequenceNumberConditionNotMet",
			"PreviousSnapshotCannotBeNewer", "IncrementalCopyOfEarlierVersionSnapshotNotAllowed",
			"IncrementalCopyOfEralierVersionSnapshotNotAllowed",
			"IncrementalCopyOfEarlierSnapshotNotAllowed", "DestinationPathIsBeingDeleted",
			"SourcePathIsBeingDeleted",
		},
		files.ErrUnsupported: {
			"UnsupportedHeader", "UnsupportedHttpVerb", "UnsupportedQueryParameter",
			"UnsupportedXmlNode",
			"FeatureVersionMismatch", "CopyAcrossAccountsNotSupported", "UnsupportedRestVersion",
			"PreviousSnapshotOperationNotSupported", "IncrementalCopyBlobMismatch",
			"IncrementalCopySourceMustBeSnapshot", "OperationNotAllowedOnIncrementalCopyBlob",
			"OperationNotAllowedOnRootBlob", "InvalidOperation", "NotImplemented",
			"FeatureNotYetSupportedForHierarchicalNamespaceAccounts",
			"FeatureNotSupportedForHierarchicalNamespaceAccounts",
			"HierarchicalNamespaceNotEnabled", "EndpointUnsupportedAccountFeatures",
			// The name belongs to another kind of blob or a directory, or is below a
			// file.
			"InvalidBlobType", "BlobOperationNotSupported", "ResourceTypeMismatch", "PathConflict",
			"DirectoryIsNotEmpty", "DirectoryNotEmpty", "InvalidPathParts",
			"TreeRenameNotSupported",
		},
	} {
		for _, name := range names {
			codes[name] = kind
		}
	}
}

// hints explain a code to people.
var hints = map[string]string{
	"LeaseIdMissing":              "another client holds a lease on the blob",
	"LeaseLost":                   "another client holds a lease on the blob",
	"BlobImmutableDueToPolicy":    "the blob is immutable by the container's policy",
	"BlobImmutableDueToLegalHold": "the blob is under a legal hold",
	"BlobArchived": "the blob is archived, and must be rehydrated before it " +
		"can be read",
	"BlobBeingRehydrated":       "the blob is archived, and is being rehydrated",
	"UnauthorizedBlobOverwrite": "the credentials only allow new files",
	"InvalidBlobOrBlock":        outpaced,
	"InvalidBlockList":          outpaced,
	"InvalidBlobType": "an append blob, a page blob or a directory has this name, " +
		"and nothing replaces it: delete it first",
	"BlobOperationNotSupported": "the blob was made through the Data Lake interface, " +
		"and accepts no blocks: delete it first",
	"ResourceTypeMismatch": notInTree,
	"PathConflict":         notInTree,
	"DirectoryIsNotEmpty":  notInTree,
	"DirectoryNotEmpty":    notInTree,
	"AuthenticationFailed": "the key or the signature isn't the account's or has expired, " +
		"or this machine's clock is wrong",
	"AuthorizationFailure":     "the account's firewall or the signature's limits forbid it",
	"PublicAccessNotPermitted": "the account allows no anonymous access",
	"KeyBasedAuthenticationNotPermitted": "the account allows no access by its key: " +
		"use an identity",
	"InvalidRange": "the blob has no such range",
}

const (
	outpaced = "another upload of the name was committed meanwhile, " +
		"and the service dropped the blocks of this one"
	notInTree = "the account has a hierarchical namespace, " +
		"where a file and a directory can't have the same name"
)
