package gcs

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// documentedCodes are the reasons of the JSON API with their status and the expected
// kind, from https://cloud.google.com/storage/docs/json_api/v1/status-codes, and after
// them those of the XML API, from
// https://cloud.google.com/storage/docs/xml-api/reference-status.
const documentedCodes = `
found 302 unavailable
mediaDownloadRedirect 303 unavailable
notModified 304 unavailable
temporaryRedirect 307 unavailable
badRequest 400 invalid
badRequestException 400 invalid
cloudKmsBadKey 400 invalid
cloudKmsCannotChangeKeyName 400 invalid
cloudKmsDecryptionKeyNotFound 400 invalid
cloudKmsDisabledKey 400 permission
cloudKmsEncryptionKeyNotFound 400 invalid
cloudKmsKeyLocationNotAllowed 400 invalid
corsRequestWithXOrigin 400 invalid
customerEncryptionAlgorithmIsInvalid 400 invalid
customerEncryptionKeyFormatIsInvalid 400 invalid
customerEncryptionKeyIsIncorrect 400 invalid
customerEncryptionKeySha256IsInvalid 400 invalid
invalid 400 invalid
invalidAltValue 400 invalid
invalidArgument 400 invalid
invalidParameter 400 invalid
notDownload 400 invalid
notUpload 400 invalid
parseError 400 invalid
required 400 invalid
resourceIsEncryptedWithCustomerEncryptionKey 400 invalid
resourceNotEncryptedWithCustomerEncryptionKey 400 invalid
turnedDown 400 invalid
userProjectInconsistent 400 invalid
userProjectInvalid 400 invalid
userProjectMissing 400 permission
wrongUrlForUpload 400 invalid
AuthenticationRequiredRequesterPays 401 permission
authError 401 permission
lockedDomainExpired 401 permission
required 401 permission
accountDisabled 403 permission
accessNotConfigured 403 permission
countryBlocked 403 permission
forbidden 403 permission
insufficientPermissions 403 permission
objectUnderActiveHold 403 permission
quotaExceeded 403 large
rateLimitExceeded 403 unavailable
userRateLimitExceeded 403 unavailable
variableTermLimitExceeded 403 unavailable
retentionPolicyNotMet 403 permission
sslRequired 403 invalid
stopChannelCallerNotOwner 403 permission
UserProjectAccessDenied 403 permission
UserProjectAccountProblem 403 permission
notFound 404 missing
methodNotAllowed 405 permission
uploadBrokenConnection 408 unavailable
conflict 409 unavailable
gone 410 unavailable
conditionNotMet 412 condition
orgPolicyConstraintFailed 412 permission
softDeletePolicyNotSet 412 invalid
objectNotSoftDeleted 412 invalid
uploadTooLarge 413 large
requestedRangeNotSatisfiable 416 unavailable
rateLimitExceeded 429 unavailable
backendError 500 unavailable
internalError 500 unavailable
notImplemented 501 unsupported
backendError 502 unavailable
backendError 503 unavailable
serviceUnavailable 503 unavailable
gatewayTimeout 504 unavailable

MovedPermanently 301 unavailable
PermanentRedirect 301 unavailable
NotModified 304 unavailable
TemporaryRedirect 307 unavailable
AmbiguousGrantByEmailAddress 400 invalid
BadDigest 400 corrupt
CloudKmsBadKey 400 invalid
CloudKmsCannotChangeKeyName 400 invalid
CloudKmsDecryptionKeyNotFound 400 invalid
CloudKmsDisabledKey 400 permission
CloudKmsEncryptionKeyNotFound 400 invalid
CloudKmsKeyLocationNotAllowed 400 invalid
CredentialsNotSupported 400 invalid
CrcMismatch 400 corrupt
CustomerEncryptionAlgorithmIsInvalid 400 invalid
CustomerEncryptionKeyFormatIsInvalid 400 invalid
CustomerEncryptionKeyIsIncorrect 400 invalid
CustomerEncryptionKeySha256IsInvalid 400 invalid
EntityTooLarge 400 large
EntityTooSmall 400 invalid
ExcessHeaderValues 400 invalid
ExpiredToken 400 permission
IncompleteBody 400 unavailable
IncorrectNumberOfFilesInPostRequest 400 invalid
InlineDataTooLarge 400 invalid
InvalidArgument 400 invalid
InvalidBucketName 400 invalid
InvalidDigest 400 corrupt
InvalidLocationConstraint 400 invalid
InvalidPart 400 invalid
InvalidPartOrder 400 invalid
InvalidPolicyDocument 400 invalid
InvalidQueryParameterValue 400 invalid
InvalidStorageClass 400 invalid
InvalidTargetBucketForLogging 400 invalid
InvalidToken 400 permission
InvalidURI 400 name
KeyTooLong 400 name
MalformedACLError 400 invalid
MalformedBucketConfiguration 400 invalid
MalformedHeaderValue 400 invalid
MalformedPOSTRequest 400 invalid
MalformedXML 400 invalid
MaxMessageLengthExceeded 400 invalid
MaxPostPreDataLengthExceededError 400 invalid
MetadataTooLarge 400 invalid
MissingRequestBodyError 400 invalid
MissingSecurityHeader 400 permission
NoLoggingStatusForKey 400 invalid
RequestIsNotMultiPartContent 400 invalid
RequestTimeout 400 unavailable
ResourceIsEncryptedWithCustomerEncryptionKey 400 invalid
ResourceNotEncryptedWithCustomerEncryptionKey 400 invalid
TokenRefreshRequired 400 permission
TooManyBuckets 400 unavailable
UnexpectedContent 400 invalid
UnresolvableGrantByEmailAddress 400 invalid
UserKeyMustBeSpecified 400 invalid
UserProjectInconsistent 400 invalid
UserProjectInvalid 400 invalid
UserProjectMissing 400 permission
AuthenticationRequired 401 permission
AccessDenied 403 permission
AccountProblem 403 permission
CountryBlocked 403 permission
Forbidden 403 permission
InsufficientQuota 403 large
InvalidAccessKeyId 403 permission
InvalidSecurity 403 permission
NotSignedUp 403 permission
ObjectUnderActiveHold 403 permission
RequestTimeTooSkewed 403 permission
RetentionPolicyNotMet 403 permission
SignatureDoesNotMatch 403 permission
NoSuchBucket 404 bucket
NoSuchKey 404 object
NoSuchCorsConfiguration 404 invalid
NoSuchLifecycleConfiguration 404 invalid
NoSuchUpload 404 unavailable
NoSuchVersion 404 object
NoSuchWebsiteConfiguration 404 invalid
MethodNotAllowed 405 permission
UploadBrokenConnection 408 unavailable
BucketAlreadyOwnedByYou 409 invalid
BucketNameUnavailable 409 invalid
BucketNotEmpty 409 invalid
InvalidBucketState 409 invalid
OperationAborted 409 unavailable
Gone 410 unavailable
MissingContentLength 411 invalid
PreconditionFailed 412 condition
OrgPolicyConstraintFailed 412 permission
EntityTooLarge 413 large
InvalidRange 416 unavailable
SlowDown 429 unavailable
InternalError 500 unavailable
NotImplemented 501 unsupported
BadGateway 502 unavailable
ServiceUnavailable 503 unavailable
SlowDown 503 unavailable
GatewayTimeout 504 unavailable
`

// become maps the words above to kinds.
var become = map[string]error{
	"bucket":      files.ErrNoBucket,
	"corrupt":     files.ErrCorrupt,
	"invalid":     files.ErrInvalid,
	"large":       files.ErrTooLarge,
	"name":        files.ErrInvalidName,
	"permission":  files.ErrPermission,
	"unavailable": files.ErrUnavailable,
	"unsupported": files.ErrUnsupported,
}

// TestDocumentedCodes: each documented reason is in the table and has the expected
// kind, for all kinds of request.
func TestDocumentedCodes(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(documentedCodes) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		status, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		seen[f[0]] = true
		if _, known := codes[f[0]]; !known && f[2] != "condition" {
			t.Errorf("the table has no row for %s", f[0])
		}
		walkCode(t, f[0], status, f[2])
	}
	for reason := range codes {
		if !seen[reason] {
			walkCode(t, reason, 400, "")
		}
	}
	for status := 300; status < 600; status++ {
		walkCode(t, "nobodyKnows", status, "")
		walkCode(t, "", status, "")
		for _, own := range []bool{false, true} {
			a := response{status: status, genuine: own, bare: true}
			if _, kind := a.kind(opPut, condAbsent); files.KindOf(kind) == nil {
				t.Errorf("%d without a body: %v", status, kind)
			}
		}
	}
}

// walkCode checks the kind of the reason for each operation.
func walkCode(t *testing.T, reason string, status int, want string) {
	t.Helper()
	for o := range ops {
		for _, conds := range []conditions{
			0, condAbsent, condVersion, condSourceVersion, condVersion | condSourceVersion,
		} {
			a := response{status: status, reason: reason, genuine: true}
			_, kind := a.kind(o, conds)
			writes := o == opPut || o == opList
			expect, some := become[want]
			switch {
			case want == "condition" && conds&condAbsent != 0:
				expect, some = files.ErrExist, true
			case want == "condition" && conds != 0:
				expect, some = files.ErrPrecondition, true
			case want == "condition", want == "object" && writes:
				expect, some = files.ErrUnavailable, true
			case want == "missing" && writes:
				expect, some = files.ErrNoBucket, true
			case want == "missing", want == "object":
				expect, some = files.ErrNotExist, true
			}
			switch {
			case some && kind != expect:
				t.Errorf("%d %s, operation %d, %d: %v, want %v", status, reason, o, conds, kind,
					expect)
			case files.KindOf(kind) == nil:
				t.Errorf("%d %s, operation %d: no sentinel, but %v", status, reason, o, kind)
			case !some && (kind == files.ErrNotExist || kind == files.ErrExist ||
				kind == files.ErrPrecondition || kind == files.ErrNotModified):
				t.Errorf("%d %s, operation %d: %v", status, reason, o, kind)
			}
		}
	}
}

// TestErrorForms: only the service's documented forms are read as its errors.
func TestErrorForms(t *testing.T) {
	for text, want := range map[string]string{
		refuses(404, "notFound"):                                                      "notFound",
		"\uFEFF\r\n " + refuses(404, "notFound"):                                      "notFound",
		`{"error":{"code":403,"status":"DENIED"}}`:                                    "DENIED",
		`<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code></Error>`: "NoSuchKey",
		`<Error><Code> NoSuchKey </Code><Details>d</Details></Error>`:                 "NoSuchKey",
		`{"error":{"code":404}}`:                                                      "",
		"":                                                                            "none",
		" ":                                                                           "none",
		"{":                                                                           "none",
		"[]":                                                                          "none",
		`"x"`:                                                                         "none",
		`{"error":"notFound"}`:                                                        "none",
		`{"error":null}`:                                                              "none",
		`{"error":{}}`:                                                                "none",
		`{"error":{"code":"404"}}`:                                                    "none",
		`{"error":{"code":200}}`:                                                      "none",
		`<Error/>`:                                                                    "none",
		`<Error><Code/></Error>`:                                                      "none",
		`<Error><Code>NoSuchKey`:                                                      "none",
		`<Error><Code>No such key</Code></Error>`: "none",
		"<html>":                                "none",
		`<error><Code>NoSuchKey</Code></error>`: "none",
		"NoSuchKey":                             "none",
	} {
		_, reason, _, ok := errorOf([]byte(text))
		if !ok {
			reason = "none"
		}
		if reason != want {
			t.Errorf("%q: %q, want %q", text, reason, want)
		}
	}
	wrong := errorResponseOf(400,
		[]byte(`Provided CRC32C "a" doesn't match calculated CRC32C "b".`), nil)
	if _, kind := wrong.kind(opPut, 0); !errors.Is(kind, files.ErrCorrupt) {
		t.Errorf("kind of a wrong checksum in plain text = %v, want ErrCorrupt", kind)
	}
}
