package proxy

import (
	"net/http"
	"net/url"
	"strings"
)

// S3 is Amazon S3 and the stores that speak its protocol. The kinds are the names of
// the API's operations. The bucket is the path's first element, except on hosts of AWS
// whose name begins with the bucket. Sources:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
// and its page ErrorResponses.html.
var S3 = &Service{
	Name:      "S3",
	Kind:      s3Kind,
	Refusal:   xmlRefusal(""),
	upload:    s3Uploads,
	slowDown:  refusal{503, "SlowDown", "Please reduce your request rate."},
	expired:   refusal{400, "ExpiredToken", "The provided token has expired."},
	forbidden: refusal{403, "AccessDenied", "Access Denied"},
	internal:  refusal{500, "InternalError", "We encountered an internal error. Please try again."},
}

// s3Subresources are the query parameters that change a request's operation, by the
// request's target: an object (true) or a bucket.
var s3Subresources = map[bool][]struct{ param, name string }{
	true: {
		{"tagging", "ObjectTagging"},
		{"acl", "ObjectAcl"},
		{"retention", "ObjectRetention"},
		{"legal-hold", "ObjectLegalHold"},
		{"attributes", "ObjectAttributes"},
		{"torrent", "ObjectTorrent"},
	},
	false: {
		{"location", "BucketLocation"},
		{"versioning", "BucketVersioning"},
		{"policy", "BucketPolicy"},
		{"acl", "BucketAcl"},
		{"cors", "BucketCors"},
		{"tagging", "BucketTagging"},
		{"lifecycle", "BucketLifecycleConfiguration"},
		{"object-lock", "ObjectLockConfiguration"},
		{"encryption", "BucketEncryption"},
	},
}

var s3Verbs = map[string]string{
	"GET":    "Get",
	"HEAD":   "Head",
	"PUT":    "Put",
	"POST":   "Post",
	"DELETE": "Delete",
}

func s3Kind(r *http.Request) string {
	path := r.URL.EscapedPath()
	if strings.HasPrefix(r.URL.Opaque, "/") {
		path = r.URL.Opaque
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if host := requestHost(r); strings.HasSuffix(host,
		".amazonaws.com") && !strings.HasPrefix(host, "s3.") && !strings.HasPrefix(host, "s3-") {
		bucket, key = host, strings.TrimPrefix(path, "/")
	}
	q := r.URL.Query()
	if bucket == "" {
		return "ListBuckets"
	}
	for _, sub := range s3Subresources[key != ""] {
		if q.Has(sub.param) {
			return s3Verbs[r.Method] + sub.name
		}
	}
	if key == "" {
		return s3BucketKind(r, q)
	}
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	switch r.Method {
	case http.MethodPut:
		switch {
		case q.Has("partNumber") && copies:
			return "UploadPartCopy"
		case q.Has("partNumber"):
			return "UploadPart"
		case copies:
			return "CopyObject"
		}
		return "PutObject"
	case http.MethodPost:
		switch {
		case q.Has("uploads"):
			return "CreateMultipartUpload"
		case q.Has("uploadId"):
			return "CompleteMultipartUpload"
		case q.Has("restore"):
			return "RestoreObject"
		case q.Has("select"):
			return "SelectObjectContent"
		}
	case http.MethodGet:
		if q.Has("uploadId") {
			return "ListParts"
		}
		return "GetObject"
	case http.MethodHead:
		return "HeadObject"
	case http.MethodDelete:
		if q.Has("uploadId") {
			return "AbortMultipartUpload"
		}
		return "DeleteObject"
	}
	return unknownKind(r)
}

func s3BucketKind(r *http.Request, q url.Values) string {
	switch r.Method {
	case http.MethodGet:
		switch {
		case q.Get("list-type") == "2":
			return "ListObjectsV2"
		case q.Has("uploads"):
			return "ListMultipartUploads"
		case q.Has("versions"):
			return "ListObjectVersions"
		}
		return "ListObjects"
	case http.MethodPost:
		if q.Has("delete") {
			return "DeleteObjects"
		}
		return "PostObject"
	case http.MethodPut:
		return "CreateBucket"
	case http.MethodHead:
		return "HeadBucket"
	case http.MethodDelete:
		return "DeleteBucket"
	}
	return unknownKind(r)
}

// requestHost returns the host that the client addresses, without a port.
func requestHost(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}

func unknownKind(r *http.Request) string { return r.Method + " of an unknown kind" }
