package s3

import (
	"maps"
	"strings"
)

// isOutposts reports whether a bucket is one of S3 on Outposts: it is named by an
// access point's ARN, or by its alias:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-outposts-access-points-alias.html
func isOutposts(bucket string) bool {
	if rest, ok := strings.CutPrefix(bucket, "arn:"); ok {
		_, service, _ := strings.Cut(rest, ":")
		return strings.HasPrefix(service, "s3-outposts:")
	}
	return strings.HasSuffix(bucket, "--op-s3")
}

// of is the profile of a bucket: what S3 on Outposts keeps is less than what S3 does.
func (p *Profile) of(bucket string) *Profile {
	if p.Name != amazon.Name || !isOutposts(bucket) {
		return p
	}
	q := *p
	q.Keeps = maps.Clone(p.Keeps)
	// "This functionality is not supported for S3 on Outposts", of If-None-Match:
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
	q.Keeps[PutIfAbsent] = NotKept
	// An end of an upload has both conditions or none.
	q.Keeps[CompleteIf] = NotKept
	// Of these no page speaks, so they are proved, or not claimed.
	for _, c := range []Claim{PutIfVersion, DeleteIf, CopyIf, CopySourceIf} {
		q.Keeps[c] = Unproved
	}
	return &q
}
