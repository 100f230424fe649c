package gcs

import (
	"net/http"
	"strings"

	"cloudfiles.dev/files"
)

// op is the kind of request: the same response means different things for different
// kinds.
type op uint8

const (
	opRead op = iota
	opList
	opPut
	opDelete
	opCopy
	ops // the number of kinds
)

// conditions are the conditions that a request has.
type conditions uint8

const (
	condAbsent        conditions = 1 << iota // the target doesn't exist
	condVersion                              // of the object that is written, deleted or read
	condSourceVersion                        // of the source of a copy
)

// statusClientGone is the service's status for an upload that the client has cancelled.
const statusClientGone = 499

// codes maps the reasons of the JSON API and the codes of the XML API to sentinels, for
// all kinds of request; response.kind handles what depends on the kind. See
//   - https://cloud.google.com/storage/docs/json_api/v1/status-codes
//   - https://cloud.google.com/storage/docs/xml-api/reference-status
var codes = map[string]error{}

func init() {
	for kind, names := range map[error][]string{
		files.ErrNotExist: {"notFound", "NoSuchKey", "NoSuchVersion"},
		files.ErrNoBucket: {"NoSuchBucket"},
		files.ErrPermission: {
			"accessNotConfigured", "accountDisabled", "authError",
			"AuthenticationRequiredRequesterPays",
			"countryBlocked", "forbidden", "insufficientPermissions", "lockedDomainExpired",
			"methodNotAllowed", "objectUnderActiveHold", "orgPolicyConstraintFailed",
			"retentionPolicyNotMet", "stopChannelCallerNotOwner", "UserProjectAccessDenied",
			"UserProjectAccountProblem", "userProjectMissing", "cloudKmsDisabledKey",
			"AccessDenied", "AccountProblem", "AuthenticationRequired", "CountryBlocked",
			"CloudKmsDisabledKey", "ExpiredToken", "Forbidden", "InvalidAccessKeyId",
			"InvalidSecurity",
			"InvalidToken", "InvalidSignature", "MethodNotAllowed", "MissingSecurityHeader",
			"NotSignedUp", "ObjectUnderActiveHold", "OrgPolicyConstraintFailed",
			"RequestTimeTooSkewed",
			"RetentionPolicyNotMet", "SignatureDoesNotMatch", "TokenRefreshRequired",
			"Unauthorized",
			"UserProjectMissing", "AccountDisabled", "InsufficientPermissions",
			"PublicAccessPrevention",
			"PERMISSION_DENIED", "UNAUTHENTICATED", "SERVICE_DISABLED",
		},
		files.ErrInvalidName: {"KeyTooLong", "InvalidURI"},
		files.ErrInvalid: {
			"badRequest", "badRequestException", "cloudKmsBadKey", "cloudKmsCannotChangeKeyName",
			"cloudKmsDecryptionKeyNotFound", "cloudKmsEncryptionKeyNotFound",
			"cloudKmsKeyLocationNotAllowed", "corsRequestWithXOrigin",
			"customerEncryptionAlgorithmIsInvalid", "customerEncryptionKeyFormatIsInvalid",
			"customerEncryptionKeyIsIncorrect", "customerEncryptionKeySha256IsInvalid", "invalid",
			"invalidAltValue", "invalidArgument", "invalidParameter", "notDownload", "notUpload",
			"objectNotSoftDeleted", "parseError", "required",
			"resourceIsEncryptedWithCustomerEncryptionKey",
			"resourceNotEncryptedWithCustomerEncryptionKey", "softDeletePolicyNotSet",
			"sslRequired",
			"turnedDown", "userProjectInconsistent", "userProjectInvalid", "wrongUrlForUpload",
			"AmbiguousGrantByEmailAddress", "BadRequest", "BucketNameUnavailable", "BucketNotEmpty",
			"BucketAlreadyOwnedByYou", "CloudKmsBadKey", "CloudKmsCannotChangeKeyName",
			"CloudKmsDecryptionKeyNotFound", "CloudKmsEncryptionKeyNotFound",
			"CloudKmsKeyLocationNotAllowed", "CredentialsNotSupported",
			"CustomerEncryptionAlgorithmIsInvalid", "CustomerEncryptionKeyFormatIsInvalid",
			"CustomerEncryptionKeyIsIncorrect", "CustomerEncryptionKeySha256IsInvalid",
			"EntityTooSmall", "ExcessHeaderValues", "IncorrectNumberOfFilesInPostRequest",
			"InlineDataTooLarge", "InvalidArgument", "InvalidBucketName", "InvalidBucketState",
			"InvalidLocationConstraint", "InvalidPart", "InvalidPartOrder", "InvalidPolicyDocument",
			"InvalidQueryParameterValue", "InvalidStorageClass", "InvalidTargetBucketForLogging",
			"KeyTooLongError", "MalformedACLError", "MalformedBucketConfiguration",
			"MalformedHeaderValue", "MalformedPOSTRequest", "MalformedXML",
			"MaxMessageLengthExceeded",
			"MaxPostPreDataLengthExceededError", "MetadataTooLarge", "MissingContentLength",
			"MissingRequestBodyError", "NoLoggingStatusForKey", "NoSuchCorsConfiguration",
			"NoSuchLifecycleConfiguration", "NoSuchWebsiteConfiguration",
			"PreconditionNotSupported",
			"RequestIsNotMultiPartContent", "ResourceIsEncryptedWithCustomerEncryptionKey",
			"ResourceNotEncryptedWithCustomerEncryptionKey", "UnexpectedContent",
			"UnresolvableGrantByEmailAddress", "UserKeyMustBeSpecified", "UserProjectInconsistent",
			"UserProjectInvalid", "UnsupportedAcl",
		},
		files.ErrTooLarge: {
			"quotaExceeded", "uploadTooLarge", "EntityTooLarge", "InsufficientQuota",
		},
		files.ErrCorrupt: {"BadDigest", "CrcMismatch", "InvalidDigest"},
		files.ErrUnavailable: {
			"backendError", "conflict", "found", "gatewayTimeout", "gone", "internalError",
			"mediaDownloadRedirect", "notModified", "rateLimitExceeded",
			"requestedRangeNotSatisfiable", "serviceUnavailable", "temporaryRedirect",
			"uploadBrokenConnection", "userRateLimitExceeded", "variableTermLimitExceeded",
			"BadGateway", "Conflict", "GatewayTimeout", "Gone", "IncompleteBody", "InternalError",
			"InvalidRange", "MovedPermanently", "NotModified", "OperationAborted",
			"PermanentRedirect",
			"RequestTimeout", "ServiceUnavailable", "SlowDown", "TemporaryRedirect",
			"TooManyBuckets",
			"UploadBrokenConnection",
			// An upload in parts that another ended: the Put may begin again.
			"NoSuchUpload",
		},
		files.ErrUnsupported: {"notImplemented", "NotImplemented"},
	} {
		for _, name := range names {
			codes[name] = kind
		}
	}
}

// hints explain a reason to people.
var hints = map[string]string{
	"authError":              "the credentials are wrong or have expired",
	"required":               "the credentials are missing, or a parameter is",
	"AuthenticationRequired": "the credentials are missing, wrong or expired",
	"ExpiredToken":           "the credentials have expired",
	"InvalidAccessKeyId":     "the access key is unknown to the service",
	"SignatureDoesNotMatch":  "the key isn't the account's",
	"RequestTimeTooSkewed":   "the clocks of this machine and of the service differ too much",
	"objectUnderActiveHold":  "a hold keeps the file",
	"ObjectUnderActiveHold":  "a hold keeps the file",
	"retentionPolicyNotMet":  "a retention keeps the file",
	"RetentionPolicyNotMet":  "a retention keeps the file",
	"userProjectMissing":     "the bucket's requester pays, and no project is named",
	"UserProjectMissing":     "the bucket's requester pays, and no project is named",
	"orgPolicyConstraintFailed": "a policy of the organization forbids it; " +
		"no condition was checked",
	"OrgPolicyConstraintFailed": "a policy of the organization forbids it; " +
		"no condition was checked",
}

// kind returns the sentinel and the words for a response that refuses a request (E2). The
// reason decides; if there is no known reason, the status does.
func (a response) kind(o op, conds conditions) (words string, kind error) {
	words = a.String()
	if !a.genuine {
		return a.notService(words)
	}
	if hint := hints[a.reason]; hint != "" {
		words += ": " + hint
	}
	if a.reason == "" || a.reason == "NOT_FOUND" {
		a.reason = a.reasonFromMessage()
	}
	k, known := codes[a.reason]
	switch {
	case a.reason == "conditionNotMet", a.reason == "PreconditionFailed":
		return a.condition(words, conds)
	case strings.Contains(a.message, wrongSum):
		return "the service found another checksum: the content was damaged on the way",
			files.ErrCorrupt
	case a.status == http.StatusUnauthorized: // "required" is of a parameter, too
		return words, files.ErrPermission
	case k == files.ErrNotExist:
		return a.notFound(words, o)
	case known:
		return words, k
	}
	return a.byStatus(words)
}

// reasonFromMessage derives the reason from the service's message if the response has
// none. https://cloud.google.com/storage/docs/json_api/v1/status-codes calls the list
// of errors optional.
func (a response) reasonFromMessage() string {
	has := func(words string) bool { return strings.Contains(a.message, words) }
	switch {
	case a.status == http.StatusNotFound && (has("No such object") || has("bucket does not exist")):
		return "notFound"
	case a.status == http.StatusPreconditionFailed && (has("conditionNotMet") ||
		has("pre-conditions you specified did not hold")):
		return "conditionNotMet"
	}
	return a.reason
}

// condition handles a response that says that a condition failed.
func (a response) condition(words string, conds conditions) (string, error) {
	switch {
	case conds&condAbsent != 0:
		return words, files.ErrExist
	case conds != 0:
		return words, files.ErrPrecondition
	}
	return words + " to a request without a condition", files.ErrUnavailable
}

// notFound distinguishes a missing bucket from a missing object: the JSON API by its
// message, the XML API by its code.
func (a response) notFound(words string, o op) (string, error) {
	writes := o == opPut || o == opList // only the bucket could be missing
	switch {
	case strings.Contains(a.message, "bucket does not exist"):
		return words, files.ErrNoBucket
	case !writes && a.status == http.StatusNotFound:
		return words, files.ErrNotExist
	case writes && a.reason == "notFound" && !strings.Contains(a.message, "No such object"):
		return words, files.ErrNoBucket
	}
	return words + ", which can't be the response to this request: " +
		"is the endpoint right?", files.ErrUnavailable
}

// byStatus handles reasons that the table doesn't have.
func (a response) byStatus(words string) (string, error) {
	switch a.status {
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return words, files.ErrPermission
	case http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage:
		return words, files.ErrTooLarge
	case http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusGone,
		http.StatusPreconditionFailed, http.StatusTooManyRequests, statusClientGone,
		http.StatusRequestedRangeNotSatisfiable:
		return words, files.ErrUnavailable
	}
	if a.status >= 400 && a.status < 500 {
		return words, files.ErrInvalid
	}
	return words, files.ErrUnavailable
}

// notService handles a response that isn't from the service but from a proxy, a login
// page or another web server. It is never a success, and it says nothing about a file.
func (a response) notService(words string) (string, error) {
	switch {
	case a.torn:
		return words + ", and " + a.broke, files.ErrUnavailable
	case a.why != "":
		words += ", " + a.why
	case a.status >= 300 && a.status < 400:
		words += ", a redirect, which is never followed"
	case a.bare:
		words += " without a body"
	default:
		words += " with a body that is not GCS's"
	}
	words += ": " + notGCS
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return words, files.ErrPermission
	}
	return words, files.ErrUnavailable
}
