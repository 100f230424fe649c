package s3

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// timeResolution is the resolution of the header Last-Modified; listings have
// milliseconds.
const timeResolution = time.Second

func truncateTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(timeResolution)
}

// infoOfHead returns the Info in the response to HEAD.
func infoOfHead(o *s3.HeadObjectOutput) files.Info {
	return files.Info{
		Entry: files.Entry{
			Size:    aws.ToInt64(o.ContentLength),
			ModTime: truncateTime(o.LastModified),
			Version: version(o.ETag),
		},
		Attributes: files.Attributes{
			ContentType:        aws.ToString(o.ContentType),
			CacheControl:       aws.ToString(o.CacheControl),
			ContentDisposition: aws.ToString(o.ContentDisposition),
			ContentEncoding:    aws.ToString(o.ContentEncoding),
			ContentLanguage:    aws.ToString(o.ContentLanguage),
			Metadata:           decodeMetadata(o.Metadata),
		},
		Digest: digest(typeOf(o.ChecksumType, o.ETag, o.PartsCount, false),
			o.ChecksumCRC32C, o.ChecksumCRC32, o.ChecksumCRC64NVME, o.ChecksumSHA256),
	}
}

// typeOf returns the type of a checksum. If the response doesn't say it, the checksum
// of a range or of an object of parts may be a part's, or of the parts' checksums, so
// it counts as composite (G6).
func typeOf(t types.ChecksumType, etag *string, parts *int32, ranged bool) types.ChecksumType {
	if t == "" && (ranged || parts != nil || strings.Contains(aws.ToString(etag), "-")) {
		return types.ChecksumTypeComposite
	}
	return t
}

// infoOfGet returns the Info in the response to GET; size is the whole file's.
func infoOfGet(o *s3.GetObjectOutput, size int64) files.Info {
	return files.Info{
		Entry: files.Entry{
			Size:    size,
			ModTime: truncateTime(o.LastModified),
			Version: version(o.ETag),
		},
		Attributes: files.Attributes{
			ContentType:        aws.ToString(o.ContentType),
			CacheControl:       aws.ToString(o.CacheControl),
			ContentDisposition: aws.ToString(o.ContentDisposition),
			ContentEncoding:    aws.ToString(o.ContentEncoding),
			ContentLanguage:    aws.ToString(o.ContentLanguage),
			Metadata:           decodeMetadata(o.Metadata),
		},
		Digest: digest(typeOf(o.ChecksumType, o.ETag, o.PartsCount, o.ContentRange != nil),
			o.ChecksumCRC32C, o.ChecksumCRC32, o.ChecksumCRC64NVME, o.ChecksumSHA256),
	}
}

// digest returns the checksums of the whole content. It ignores composite ones, which
// are computed from the parts' checksums (G6), and checksums of an unknown type.
func digest(t types.ChecksumType, crc32c, crc32, crc64nvme, sha256 *string) files.Digest {
	if t != "" && t != types.ChecksumTypeFullObject {
		return files.Digest{}
	}
	return files.Digest{
		CRC32C:    hexOf(crc32c, 4),
		CRC32:     hexOf(crc32, 4),
		CRC64NVME: hexOf(crc64nvme, 8),
		SHA256:    hexOf(sha256, 32),
	}
}

// hexOf turns base64 of n bytes into hexadecimal digits. Anything else, such as a
// composite checksum "…-3", becomes "".
func hexOf(b64 *string, n int) string {
	if b64 == nil {
		return ""
	}
	p, err := base64.StdEncoding.DecodeString(*b64)
	if err != nil || len(p) != n {
		return ""
	}
	return hex.EncodeToString(p)
}

// base64OfBytes returns p in base64, for headers.
func base64OfBytes(p []byte) *string { return aws.String(base64.StdEncoding.EncodeToString(p)) }

// base64Of is the reverse of hexOf; nil for "".
func base64Of(digits string) *string {
	p, err := hex.DecodeString(digits)
	if err != nil || len(p) == 0 {
		return nil
	}
	return base64OfBytes(p)
}
