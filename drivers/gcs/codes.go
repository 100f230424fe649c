package gcs

import (
	"net/http"
	"strings"

	"cloudfiles.dev/files"
)

// op is what was asked for: the same response means different things.
type op uint8

const (
	opRead op = iota
	opList
	opPut
	opDelete
	opCopy
	ops // how many
)

// asked are the conditions that a request has.
type asked uint8

const (
	askAbsent asked = 1 << iota // that there is none
	askMatch                    // of a version, of what is written, deleted or read
	askSource                   // of a version, of what is copied
)

// statusClientGone is what the service says of an upload that the client has cancelled.
const statusClientGone = 499

// codes maps the reasons of the JSON API and the codes of the XML API to what they
// mean, whatever was asked; what depends on that is in response.kind. See
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

// hints are words for people beside a reason.
var hints = map[string]string{
	"authError":              "the credentials are wrong or have expired",
	"required":               "the credentials are missing, or a parameter is",
	"AuthenticationRequired": "the credentials are missing, wrong or expired",
	"ExpiredToken":           "the credentials have expired",
	"InvalidAccessKeyId":     "the access key is unknown to the service",
	"SignatureDoesNotMatch":  "the key isn't the one of the account",
	"RequestTimeTooSkewed":   "the clocks of this machine and of the service differ too much",
	"objectUnderActiveHold":  "a hold keeps the file",
	"ObjectUnderActiveHold":  "a hold keeps the file",
	"retentionPolicyNotMet":  "a retention keeps the file",
	"RetentionPolicyNotMet":  "a retention keeps the file",
	"userProjectMissing":     "the bucket's requester pays, and no project is named",
	"UserProjectMissing":     "the bucket's requester pays, and no project is named",
	"orgPolicyConstraintFailed": "a policy of the organization forbids it; " +
		"no condition was looked at",
	"OrgPolicyConstraintFailed": "a policy of the organization forbids it; " +
		"no condition was looked at",
}

// kind finds the sentinel and the words for a response that refuses (E2): the reason
// decides, and the status if there is none that is known.
func (a response) kind(o op, asked asked) (words string, kind error) {
	words = a.String()
	if !a.own {
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
		return a.condition(words, asked)
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

// reasonFromMessage is the reason that the service's message gives where the response
// names none, as it may: https://cloud.google.com/storage/docs/json_api/v1/status-codes
// has the list of errors as optional.
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

// condition is for a response that says that a condition failed.
func (a response) condition(words string, asked asked) (string, error) {
	switch {
	case asked&askAbsent != 0:
		return words, files.ErrExist
	case asked != 0:
		return words, files.ErrPrecondition
	}
	return words + " to a request without a condition", files.ErrUnavailable
}

// notFound distinguishes a missing bucket from a missing object: the JSON API by its
// message, the XML API by its code.
func (a response) notFound(words string, o op) (string, error) {
	writes := o == opPut || o == opList // nothing that could be missing but the bucket
	switch {
	case strings.Contains(a.message, "bucket does not exist"):
		return words, files.ErrNoBucket
	case !writes && a.status == http.StatusNotFound:
		return words, files.ErrNotExist
	case writes && a.reason == "notFound" && !strings.Contains(a.message, "No such object"):
		return words, files.ErrNoBucket
	}
	return words + ", which is no response to that: is the endpoint right?", files.ErrUnavailable
}

// byStatus is for reasons that the table doesn't have.
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

// notService is for a response that isn't the service's: of a proxy, a login page,
// another web server. It is never a success, and says nothing about a file.
func (a response) notService(words string) (string, error) {
	switch {
	case a.torn:
		return words + ", and " + a.broke, files.ErrUnavailable
	case a.why != "":
		words += ", " + a.why
	case a.status >= 300 && a.status < 400:
		words += ", a redirect, which is never followed"
	case a.bare:
		words += " without a word"
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
