package s3

import (
	"maps"
	"strings"
)

// isOutposts reports whether a bucket is one of S3 on Outposts, which is named by an
// access point's ARN or alias:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-outposts-access-points-alias.html
func isOutposts(bucket string) bool {
	if rest, ok := strings.CutPrefix(bucket, "arn:"); ok {
		_, service, _ := strings.Cut(rest, ":")
		return strings.HasPrefix(service, "s3-outposts:")
	}
	return strings.HasSuffix(bucket, "--op-s3")
}

// of returns the profile for a bucket: S3 on Outposts keeps less than S3.
func (p *Profile) of(bucket string) *Profile {
	if p.Name != amazon.Name || !isOutposts(bucket) {
		return p
	}
	q := *p
	q.Keeps = maps.Clone(p.Keeps)
	// About If-None-Match: "This functionality is not supported for S3 on Outposts":
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
	q.Keeps[PutIfAbsent] = NotKept
	// CompleteIf stands for both conditions.
	q.Keeps[CompleteIf] = NotKept
	// No page mentions these, so they are proved, or not claimed.
	for _, c := range []Claim{PutIfVersion, DeleteIf, CopyIf, CopySourceIf} {
		q.Keeps[c] = Unproved
	}
	return &q
}
