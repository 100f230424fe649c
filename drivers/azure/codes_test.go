package azure

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// documented are the codes from
// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and
// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes,
// with their status.
const documented = `
AppendPositionConditionNotMet 412 BlobAlreadyExists 409 BlobImmutableDueToLegalHold 409
BlobImmutableDueToPolicy 409 BlobNotFound 404 BlobOperationNotSupported 409 BlobOverwritten 409
BlobTierInadequateForContentLength 409 BlockCountExceedsLimit 409 BlockListTooLong 400
CannotChangeToLowerTier 409 CannotVerifyCopySource 500 ContainerAlreadyExists 409
ContainerBeingDeleted 409 ContainerDisabled 409 ContainerNotFound 404
ContentLengthLargerThanTierLimit 409 CopyAcrossAccountsNotSupported 409 CopyIdMismatch 409
FeatureVersionMismatch 409 IncrementalCopyBlobMismatch 409
IncrementalCopyOfEarlierVersionSnapshotNotAllowed 409 IncrementalCopySourceMustBeSnapshot 409
InfiniteLeaseDurationRequired 412 InvalidBlobOrBlock 400 InvalidBlobTier 400 InvalidBlobType 409
InvalidBlockId 400 InvalidBlockList 400 InvalidOperation 400 InvalidPageRange 416
InvalidSourceBlobType 409 InvalidSourceBlobUrl 409 InvalidVersionForPageBlobOperation 400
LeaseAlreadyBroken 409 LeaseAlreadyPresent 409 LeaseIdMismatchWithBlobOperation 412
LeaseIdMismatchWithContainerOperation 412 LeaseIdMismatchWithLeaseOperation 409 LeaseIdMissing 412
LeaseIsBreakingAndCannotBeAcquired 409 LeaseIsBreakingAndCannotBeChanged 409
LeaseIsBrokenAndCannotBeRenewed 409 LeaseLost 412 LeaseNotPresentWithBlobOperation 412
LeaseNotPresentWithContainerOperation 412 LeaseNotPresentWithLeaseOperation 409
MaxBlobSizeConditionNotMet 412 NoPendingCopyOperation 409
OperationNotAllowedOnIncrementalCopyBlob 409 OperationNotAllowedOnRootBlob 409
PendingCopyOperation 409 PreviousSnapshotCannotBeNewer 400 PreviousSnapshotNotFound 409
PreviousSnapshotOperationNotSupported 409 SequenceNumberConditionNotMet 412
SequenceNumberIncrementTooLarge 409 SnapshotCountExceeded 409 SnapshotOperationRateExceeded 409
SnapshotsPresent 409 SourceConditionNotMet 412 SystemInUse 409 TargetConditionNotMet 412
UnauthorizedBlobOverwrite 403 BlobBeingRehydrated 409 BlobArchived 409 BlobNotArchived 409
BlobUsesCustomerSpecifiedEncryption 409 BlobDoesNotUseCustomerSpecifiedEncryption 409
BlobCustomerSpecifiedEncryptionMismatch 409
AccountAlreadyExists 409 AccountBeingCreated 409 AccountIsDisabled 403 AuthenticationFailed 403
AuthorizationFailure 403 AuthorizationPermissionMismatch 403 AuthorizationProtocolMismatch 403
AuthorizationResourceTypeMismatch 403 AuthorizationServiceMismatch 403
AuthorizationSourceIPMismatch 403 ConditionHeadersNotSupported 400 ConditionNotMet 412
EmptyMetadataKey 400 InsufficientAccountPermissions 403 InternalError 500
InvalidAuthenticationInfo 400 InvalidHeaderValue 400 InvalidHttpVerb 400 InvalidInput 400
InvalidMd5 400 InvalidMetadata 400 InvalidQueryParameterValue 400 InvalidRange 416
InvalidResourceName 400 InvalidUri 400 InvalidXmlDocument 400 InvalidXmlNodeValue 400
KeyBasedAuthenticationNotPermitted 403 Md5Mismatch 400 MetadataTooLarge 400
MissingContentLengthHeader 411 MissingRequiredHeader 400 MissingRequiredQueryParameter 400
MissingRequiredXmlNode 400 MultipleConditionHeadersNotSupported 400 NoAuthenticationInformation 401
OperationTimedOut 500 OutOfRangeInput 400 OutOfRangeQueryParameterValue 400
PublicAccessNotPermitted 409 RequestBodyTooLarge 413 RequestUrlFailedToParse 400
ResourceAlreadyExists 409 ResourceNotFound 404 ResourceTypeMismatch 409 ServerBusy 503
UnsupportedHeader 400 UnsupportedHttpVerb 405 UnsupportedQueryParameter 400 UnsupportedXmlNode 400
Crc64Mismatch 400 HostInformationNotPresent 400
`

// TestDocumentedCodes: each documented code is in the table and has a sentinel for each
// operation, and a failed condition is reported only to a request with a condition.
func TestDocumentedCodes(t *testing.T) {
	words := strings.Fields(documented)
	for i := 0; i < len(words); i += 2 {
		code := words[i]
		status := 0
		for _, c := range words[i+1] {
			status = 10*status + int(c-'0')
		}
		if codes[code] == nil {
			t.Errorf("%s isn't in the table", code)
		}
		for o := range ops {
			for _, flag := range []op{0, ifMatch, ifNone} {
				checkKind(t, response{status: status, code: code, genuine: true}, o|flag)
			}
		}
	}
	// An unknown code is mapped by its status.
	for status := 300; status < 600; status++ {
		for o := range ops {
			for _, own := range []bool{true, false} {
				checkKind(t, response{status: status, code: "UnheardOf", genuine: own}, o)
				checkKind(t, response{status: status, genuine: own, bare: true}, o)
			}
		}
	}
}

func checkKind(t *testing.T, r response, o op) {
	t.Helper()
	_, kind := r.kind(o)
	base := o.base()
	conditional := base == opPutMatch || base == opDeleteMatch || o&(ifMatch|ifNone) != 0
	reads := base == opGet || base == opStat || base == opDelete || base == opDeleteMatch ||
		base == opBlocks
	switch {
	case kind == nil, files.KindOf(kind) == nil && kind != errRange:
		t.Errorf("kind of %+v for operation %d = %v, want a sentinel", r, o, kind)
	case kind == files.ErrExist && base != opPutAbsent,
		(kind == files.ErrPrecondition || kind == files.ErrNotModified) && !conditional:
		t.Errorf("kind of %+v for operation %d without a condition = %v", r, o, kind)
	case kind == files.ErrNotExist && !reads, kind == files.ErrNotExist && !r.genuine:
		t.Errorf("kind of %+v for operation %d = %v", r, o, kind)
	}
}
