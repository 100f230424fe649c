package s3

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// documented has the codes of
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html with their
// status, and after them the codes of other stores.
const documented = `
AccessControlListNotSupported 400
AccessDenied 403
AccessPointAlreadyOwnedByYou 409
AccountProblem 403
AllAccessDisabled 403
AmbiguousGrantByEmailAddress 400
AuthorizationHeaderMalformed 400
AuthorizationQueryParametersError 400
BadDigest 400
BucketAlreadyExists 409
BucketAlreadyOwnedByYou 409
BucketHasAccessPointsAttached 400
BucketNotEmpty 409
ClientTokenConflict 409
ConditionalRequestConflict 409
ConnectionClosedByRequester 400
CredentialsNotSupported 400
CrossLocationLoggingProhibited 403
DeviceNotActiveError 400
EndpointNotFound 400
EntityTooSmall 400
EntityTooLarge 400
ExpiredToken 400
IllegalLocationConstraintException 400
IllegalVersioningConfigurationException 400
IncompleteBody 400
IncorrectEndpoint 400
IncorrectNumberOfFilesInPostRequest 400
InlineDataTooLarge 400
InternalError 500
InvalidAccessKeyId 403
InvalidAccessPoint 400
InvalidAccessPointAliasError 400
InvalidAddressingHeader 400
InvalidArgument 400
InvalidBucketAclWithObjectOwnership 400
InvalidBucketName 400
InvalidBucketOwnerAWSAccountID 400
InvalidBucketState 409
InvalidDigest 400
InvalidEncryptionAlgorithmError 400
InvalidHostHeader 400
InvalidHttpMethod 400
InvalidLocationConstraint 400
InvalidObjectState 403
InvalidPart 400
InvalidPartOrder 400
InvalidPayer 403
InvalidPolicyDocument 400
InvalidRange 416
InvalidRegion 403
InvalidRequest 400
InvalidSessionException 400
InvalidSignature 400
InvalidSecurity 403
InvalidSOAPRequest 400
InvalidStorageClass 400
InvalidTargetBucketForLogging 400
InvalidToken 400
InvalidURI 400
InvalidWriteOffset 400
IdempotencyParameterMismatch 400
EncryptionTypeMismatch 400
TooManyParts 400
AnnotationLimitExceeded 400
KeyTooLongError 400
KMS.DisabledException 400
KMS.InvalidKeyUsageException 400
KMS.KMSInvalidStateException 400
KMS.NotFoundException 400
MalformedACLError 400
MalformedPOSTRequest 400
MalformedXML 400
MalformedPolicy 400
MaxMessageLengthExceeded 400
MaxPostPreDataLengthExceededError 400
MetadataTooLarge 400
MethodNotAllowed 405
MissingAttachment 400
MissingAuthenticationToken 403
MissingContentLength 411
MissingRequestBodyError 400
MissingSecurityElement 400
MissingSecurityHeader 400
NoLoggingStatusForKey 400
NoSuchAccessPoint 404
NoSuchBucket 404
NoSuchBucketPolicy 404
NoSuchCORSConfiguration 404
NoSuchKey 404
NoSuchLifecycleConfiguration 404
NoSuchTagSet 404
NoSuchUpload 404
NoSuchVersion 404
NoSuchWebsiteConfiguration 404
NotDeviceOwnerError 400
NotImplemented 501
NotModified 304
NotSignedUp 403
ObjectLockConfigurationNotFoundError 404
OperationAborted 409
OwnershipControlsNotFoundError 404
PermanentRedirect 301
PreconditionFailed 412
Redirect 307
ReplicationConfigurationNotFoundError 404
RequestHeaderSectionTooLarge 400
RequestIsNotMultiPartContent 400
RequestTimeout 400
RequestTimeTooSkewed 403
RequestTorrentOfBucketError 400
ResponseInterrupted 400
RestoreAlreadyInProgress 409
ServerSideEncryptionConfigurationNotFoundError 400
ServiceUnavailable 503
SignatureDoesNotMatch 403
SlowDown 503
TagPolicyException 400
TemporaryRedirect 307
TokenCodeInvalidError 400
TokenRefreshRequired 400
TooManyAccessPoints 400
TooManyBuckets 400
TooManyMultiRegionAccessPointregionsError 400
TooManyMultiRegionAccessPoints 400
UnauthorizedAccess 403
UnauthorizedAccessError 403
UnexpectedContent 400
UnexpectedIPError 403
UnsupportedArgument 400
UnsupportedSignature 400
UnresolvableGrantByEmailAddress 400
UserKeyMustBeSpecified 400
InvalidTag 400
MalformedPolicyDocument 400
ContentSHA256Mismatch 400
XAmzContentSHA256Mismatch 400
XAmzContentChecksumMismatch 400
FileAlreadyExists 409
TooManyRequests 429
Unauthorized 401
ExpiredRequest 400
ExpiredTokenException 400
ObjectLockedByBucketPolicy 403
InvalidObjectName 400
PathStyleDomainForbidden 403
SecondLevelDomainForbidden 403
SlowDownRead 503
SlowDownWrite 503
ServerBusy 503
ClientDisconnected 499
XMinioServerNotInitialized 503
XMinioStorageFull 507
XMinioInvalidObjectName 400
XMinioObjectExistsAsDirectory 400
MissingContentMD5 400
ConcurrentModification 409
ObjectParentIsFile 409
ExistingObjectIsDirectory 409
ExistingObjectIsFile 409
ErrTooManyRequest 503
ErrRequestBytesExceed 503
InvalidHeaderValue 400
Conflict 409
NoSuchVolume 404
ThrottlingException 400
RequestThrottled 400
RequestThrottledException 400
QpsLimitExceeded 503
QuotaExceeded 403
`

// TestCodes: each documented code has a row in the table, and becomes a sentinel for
// every operation.
func TestCodes(t *testing.T) {
	var status = map[string]int{}
	for line := range strings.Lines(documented) {
		if code, n, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			status[code], _ = strconv.Atoi(n)
		}
	}
	special := map[string]bool{"PreconditionFailed": true, "FileAlreadyExists": true}
	for code, n := range status {
		_, denied := credentialCodes[safeCode(code)]
		away := response{code: safeCode(code)}.isRedirect()
		if codes[safeCode(code)] == nil && !denied && !special[code] && !away {
			t.Errorf("%s has no row", code)
		}
		walkCode(t, safeCode(code), n)
	}
	walkCode(t, "NobodyKnows", 0)
	for n := 400; n < 600; n++ {
		walkCode(t, "NobodyKnows", n)
	}
}

// walkCode checks the sentinel of a code for each operation.
func walkCode(t *testing.T, code string, status int) {
	t.Helper()
	for o := range ops {
		if o == opBody || o == opSign {
			continue
		}
		for _, flag := range []op{0, ifMatch, ifNone, ifFrom | copying} {
			a := response{
				status: status,
				code:   code,
				isS3:   true,
				header: http.Header{},
			}
			_, kind := a.kind(o | flag)
			switch {
			case kind == errRange && o == opGet:
			case files.KindOf(kind) == nil:
				t.Errorf("%d %s, operation %d: no sentinel, but %v", status, code, o, kind)
			case kind == files.ErrNotExist && (o | flag).writes():
				t.Errorf("%d %s: ErrNotExist for a write", status, code)
			case kind == files.ErrNotExist && code != "NoSuchKey" && code != "NoSuchVersion" &&
				o != opStat:
				t.Errorf("%d %s, operation %d: ErrNotExist", status, code, o)
			case kind == files.ErrExist && o != opPutAbsent:
				t.Errorf("%d %s, operation %d: ErrExist", status, code, o)
			case kind == files.ErrPrecondition && o != opPutMatch && o != opDeleteMatch &&
				flag&(ifMatch|ifFrom) == 0:
				t.Errorf("%d %s, operation %d: ErrPrecondition", status, code, o)
			case kind == files.ErrNotModified && flag&ifNone == 0:
				t.Errorf("%d %s, operation %d: ErrNotModified", status, code, o)
			}
		}
	}
}

// TestCodesByOperation: what a code means depends on the operation.
func TestCodesByOperation(t *testing.T) {
	for _, c := range []struct {
		code   string
		status int
		o      op
		want   error
	}{
		{"PreconditionFailed", 412, opPutAbsent, files.ErrExist},
		{"PreconditionFailed", 412, opPutMatch, files.ErrPrecondition},
		{"PreconditionFailed", 412, opPut, files.ErrUnavailable},
		{"PreconditionFailed", 412, opGet, files.ErrUnavailable},
		{"PreconditionFailed", 412, opGet | ifMatch, files.ErrPrecondition},
		{"ConditionalRequestConflict", 409, opPutAbsent, files.ErrUnavailable},
		{"FileAlreadyExists", 409, opPutAbsent, files.ErrExist},
		{"FileAlreadyExists", 409, opPut, errors.ErrUnsupported},
		{"NoSuchKey", 404, opGet, files.ErrNotExist},
		{"NoSuchKey", 404, opPut, files.ErrUnavailable},
		{"NoSuchKey", 404, opPutAbsent, files.ErrUnavailable},
		{"NoSuchKey", 404, opPutMatch, files.ErrPrecondition},
		{"NoSuchKey", 404, opDeleteMatch, files.ErrPrecondition},
		{"NoSuchKey", 404, opCopy, files.ErrNotExist},
		{"NoSuchKey", 404, opPutAbsent | copying, files.ErrNotExist},
		{"NoSuchVolume", 404, opPut, files.ErrNoBucket},
		{"NoSuchUpload", 404, opPut, files.ErrUnavailable},
		{"NotImplemented", 501, opPutAbsent, errors.ErrUnsupported},
		{"TooManyRequests", 429, opPut, files.ErrUnavailable},
		{"Unauthorized", 401, opGet, files.ErrPermission},
		{"ExpiredRequest", 400, opGet, files.ErrPermission},
		{"ObjectLockedByBucketPolicy", 403, opDelete, files.ErrPermission},
		{"MetadataTooLarge", 400, opPut, files.ErrInvalid},
		{"PathStyleDomainForbidden", 403, opGet, files.ErrInvalid},
		{"SlowDownWrite", 503, opPut, files.ErrUnavailable},
		{"ClientDisconnected", 499, opPut, files.ErrUnavailable},
		{"XMinioStorageFull", 507, opPut, files.ErrTooLarge},
		{"XMinioInvalidObjectName", 400, opPut, errors.ErrUnsupported},
		{"XAmzContentChecksumMismatch", 400, opPut, files.ErrCorrupt},
		{"ConcurrentModification", 409, opPutAbsent, files.ErrUnavailable},
		{"ObjectParentIsFile", 409, opPutAbsent, errors.ErrUnsupported},
		{"Conflict", 409, opPutAbsent, errors.ErrUnsupported},
		{"NobodyKnows", 409, opPutAbsent, files.ErrUnavailable},
		{"NobodyKnows", 412, opPutAbsent, files.ErrUnavailable},
		{"NobodyKnows", 404, opGet, files.ErrUnavailable},
		{"NotFound", 404, opStat, files.ErrNotExist},
	} {
		a := response{
			status: c.status,
			code:   c.code,
			isS3:   true,
			header: http.Header{},
		}
		if words, kind := a.kind(c.o); !errors.Is(kind, c.want) {
			t.Errorf("%d %s, operation %d: %v %q, want %v", c.status, c.code, c.o, kind, words,
				c.want)
		}
	}
}
