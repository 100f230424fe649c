package s3

import "cloudfiles.dev/files"

// codes maps the error codes of S3 and of stores that speak its protocol to sentinels,
// for codes that mean the same to every request. response.kind has the others. See
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var codes = map[string]error{}

func init() {
	for kind, names := range map[error][]string{
		// NoSuchVolume is Ozone's
		files.ErrNoBucket: {"NoSuchBucket", "NoSuchVolume", "NoSuchAccessPoint"},
		files.ErrNotExist: {"NoSuchKey", "NoSuchVersion"},
		files.ErrPermission: {
			"AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "MethodNotAllowed",
			"NotSignedUp", "InvalidPayer", "CrossLocationLoggingProhibited", "AccessForbidden",
			"UserDisable", "ObjectLockedByBucketPolicy", "AuthorizationQueryParametersError",
			"AccessPointNotOwnedByYou",
			"InvalidObjectState", // archived: it must be restored before it can be read
			"KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.InvalidKeyUsageException",
			"InvalidBucketOwnerAWSAccountID", "UnexpectedIPError", "NotDeviceOwnerError",
			"DeviceNotActiveError",
		},
		files.ErrInvalid: {
			"MetadataTooLarge", "InvalidArgument", "InvalidRequest", "InvalidTag",
			"InvalidStorageClass",
			"InvalidBucketName", "InvalidEncryptionAlgorithmError", "KMS.NotFoundException",
			"InvalidRetentionPeriod", "RequestHeaderSectionTooLarge", "EntityTooSmall",
			"BadRequest",
			"InvalidHeaderValue", "InvalidHeader", "MissingContentLength", "MissingContentMD5",
			"MissingArgument", "MissingRequiredHeader", "MissingHeader", "MissingRequestBodyError",
			"MalformedXML", "MalformedACLError", "MalformedPOSTRequest", "MalformedPolicy",
			"MaxMessageLengthExceeded", "MaxPostPreDataLengthExceededError", "UnsupportedHeader",
			"InvalidPart", "InvalidPartOrder", "InvalidPartNumber", "InvalidPolicyDocument",
			"InvalidSOAPRequest", "InvalidAddressingHeader", "InvalidHostHeader",
			"PathStyleDomainForbidden",
			"SecondLevelDomainForbidden", "InvalidRegion", "InvalidLocationConstraint",
			"BucketHasAccessPointsAttached", "InvalidSessionException",
			"InvalidTargetBucketForLogging",
			"EncryptionTypeMismatch", "TooManyParts", "AnnotationLimitExceeded",
			"IdempotencyParameterMismatch", "InvalidWriteOffset", "KeySizeTooLong",
			"InvalidObjectLockConfiguration", "InvalidBucketState",
			"ObjectLockConfigurationNotFoundError",
			"InvalidMaxKeys", "InvalidCopySource", "InvalidCopyDest", "InvalidVersionId",
			"AmbiguousGrantByEmailAddress", "UnresolvableGrantByEmailAddress", "InvalidContentType",
			"UserKeyMustBeSpecified", "IncorrectNumberOfFilesInPostRequest", "InlineDataTooLarge",
			"RequestTorrentOfBucketError", "NoSuchTagSet",
			"ServerSideEncryptionConfigurationNotFoundError",
			"EndpointNotFound", "InvalidEndpoint", "UnexpectedContent",
			"RequestIsNotMultiPartContent",
			"InvalidAccessPointAliasError", "InvalidAccessPoint", "AccessPointAlreadyOwnedByYou",
			"AccessControlListNotSupported", "InvalidBucketAclWithObjectOwnership",
			"BucketAlreadyExists",
			"BucketAlreadyOwnedByYou", "BucketNotEmpty", "IllegalVersioningConfigurationException",
			"IncorrectEndpoint", "InvalidHttpMethod", "MissingAttachment",
			"MalformedPolicyDocument",
			"NoLoggingStatusForKey", "NoSuchBucketPolicy", "NoSuchCORSConfiguration",
			"NoSuchLifecycleConfiguration", "NoSuchWebsiteConfiguration",
			"OwnershipControlsNotFoundError",
			"ReplicationConfigurationNotFoundError", "TagPolicyException", "TooManyAccessPoints",
			"TooManyMultiRegionAccessPoints", "TooManyMultiRegionAccessPointregionsError",
			"UnsupportedSignature",
		},
		files.ErrTooLarge: {
			"EntityTooLarge", "XMinioStorageFull", "QuotaExceeded",
			"XMinioAdminBucketQuotaExceeded",
			"InsufficientStorage", "StorageFull", "StorageLimitExceeded", "InsufficientCapacity",
		},
		files.ErrCorrupt: {
			"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch",
			"XAmzContentChecksumMismatch",
			"ContentSHA256Mismatch", "ChecksumMismatch",
		},
		files.ErrUnavailable: {
			"IncompleteBody", "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable",
			"InternalError", "InternalServerError", "RequestTimeout", "Busy", "ServerBusy",
			"OperationAborted", "ConditionalRequestConflict", "ConcurrentModification",
			"OperationTimedOut",
			"OperationMaxedOut", "TooManyRequests", "TooManyRequestsException",
			"RequestLimitExceeded",
			"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
			"RequestThrottledException", "ProvisionedThroughputExceededException",
			"BandwidthLimitExceeded",
			"LimitExceededException", "QpsLimitExceeded", "ExceedAccountRateLimit",
			"ExceedBucketRateLimit",
			"ExceedAccountQPSLimit", "ExceedBucketQPSLimit", "DownloadTrafficRateLimitExceeded",
			"UploadTrafficRateLimitExceeded", "RestoreAlreadyInProgress", "ResponseInterrupted",
			"ConnectionClosedByRequester", "ClientTokenConflict", "PriorRequestNotComplete",
			"TransactionInProgressException", "BandwidthExceeded", "ReducedRedundancyLostObject",
			"ClientDisconnected", "XMinioServerNotInitialized", "XMinioBackendDown",
			"ErrTooManyRequest",
			"ErrRequestBytesExceed", "TooManyBuckets",
			// Another program ended the upload in parts: the Put may begin again.
			"NoSuchUpload", "UploadNotFound",
			"KMS.ThrottlingException", "KMS.KMSInternalException", "KMS.DependencyTimeoutException",
			"GatewayTimeout", "BadGateway", "InvalidRange", "NotModified", "NoTomesAvailable",
		},
		files.ErrUnsupported: {
			"NotImplemented", "NotSupported", "UnsupportedOperation", "UnsupportedArgument",
			// The name conflicts with another name, or the store can't hold it.
			"ObjectParentIsFile", "ExistingObjectIsDirectory", "ExistingObjectIsFile", "Conflict",
			"XMinioObjectExistsAsDirectory", "XMinioParentIsObject", "XMinioInvalidObjectName",
			"XMinioInvalidResourceName", "FileImmutable", "KeyTooLongError", "KeyTooLong",
			"InvalidURI", "InvalidObjectName",
		},
	} {
		for _, name := range names {
			codes[name] = kind
		}
	}
}

const (
	nameUnsupported = "the store doesn't support the name"
	belowFile       = "the store doesn't support a file below another one's name"
	besideDirectory = "the store doesn't support a file beside a directory of its name"
)

// hints are explanations of codes, for the texts of errors.
var hints = map[string]string{
	"PathStyleDomainForbidden":   "write use_path_style=false",
	"SecondLevelDomainForbidden": "write use_path_style=false",
	"ObjectParentIsFile":         belowFile,
	"ExistingObjectIsDirectory":  besideDirectory,
	"ExistingObjectIsFile":       belowFile,
	"XMinioInvalidObjectName":    nameUnsupported,
	"XMinioInvalidResourceName":  nameUnsupported,
	"InvalidObjectName":          nameUnsupported,
	"InvalidURI":                 nameUnsupported,
	"KeyTooLongError":            nameUnsupported + ", or one of its elements: it is too long",
	"KeyTooLong":                 nameUnsupported + ", or one of its elements: it is too long",
	"XMinioStorageFull":          "the store is full",
	"NoSuchUpload":               "another program has ended the upload in parts",
}

// credentialCodes are the codes about credentials, with what is wrong with them.
var credentialCodes = map[string]string{
	"InvalidAccessKeyId":          "the access key is unknown to the service",
	"SignatureDoesNotMatch":       "the secret key is not the access key's",
	"ExpiredToken":                "the credentials have expired",
	"ExpiredTokenException":       "the credentials have expired",
	"TokenRefreshRequired":        "the credentials must be refreshed",
	"InvalidToken":                "the session token is not valid",
	"InvalidSecurity":             "the credentials are not valid",
	"Unauthorized":                "the credentials are not valid",
	"RequestExpired":              "the request's signature has expired",
	"ExpiredRequest":              "the request's signature has expired",
	"RequestTimeTooSkewed":        "the clocks of this machine and of the service differ too much",
	"UnauthorizedAccess":          "the credentials are not valid in this region",
	"InvalidClientTokenId":        "the access key is unknown to the service",
	"UnrecognizedClientException": "the access key is unknown to the service",
	"MissingSecurityHeader":       "the request was not signed",
	"MissingAuthenticationToken":  "the request was not signed",
	"InvalidSignature":            "the request's signature is not valid",
	"UnauthorizedAccessError":     "the credentials are not valid in this region",
	"TokenCodeInvalidError":       "the credentials are not valid",
	"MissingSecurityElement":      "the request was not signed",
	"CredentialsNotSupported":     "the request takes no credentials",
	"CredentialsNotProvided":      "there are no credentials",
}
