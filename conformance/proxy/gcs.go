package proxy

import (
	"net/http"
	"strings"
)

// GCS is Google Cloud Storage. The kinds of the JSON API are InsertObject (an upload
// in one request), StartUpload, UploadChunk, QueryUpload and CancelUpload (of a
// resumable upload), GetMedia, GetObject (the metadata), ListObjects, DeleteObject,
// UpdateObject (PATCH or PUT), RewriteObject, CopyObject, ComposeObject, Batch,
// GetBucket and so on. The kinds of the XML API, whose path begins with the bucket,
// are XMLGet, XMLHead, XMLPut, XMLDelete, XMLPost and XMLList. Token is the exchange
// of credentials. Sources: https://cloud.google.com/storage/docs/json_api/v1 and
// https://cloud.google.com/storage/docs/performing-resumable-uploads.
var GCS = &Service{
	Name:      "GCS",
	Kind:      gcsKind,
	Refusal:   jsonRefusal,
	other:     gcsXMLRefusal,
	slowDown:  refusal{429, "rateLimitExceeded", "The rate of requests exceeds the limit."},
	expired:   refusal{401, "authError", "Invalid Credentials"},
	forbidden: refusal{403, "forbidden", "The caller does not have permission."},
	internal:  refusal{500, "backendError", "Backend Error"},
}

func gcsKind(r *http.Request) string {
	path := r.URL.EscapedPath()
	if strings.HasPrefix(r.URL.Opaque, "/") {
		path = r.URL.Opaque
	}
	q := r.URL.Query()
	switch {
	case strings.HasPrefix(path, "/batch"):
		return "Batch"
	case path == "/token" || strings.HasPrefix(path, "/computeMetadata/"):
		return "Token"
	case strings.HasPrefix(path, "/upload/"), strings.HasPrefix(path, "/resumable/"):
		started := q.Has("upload_id")
		switch {
		case r.Method == http.MethodDelete:
			return "CancelUpload"
		case q.Get("uploadType") == "resumable" && !started:
			return "StartUpload"
		case started && strings.HasPrefix(r.Header.Get("Content-Range"),
			"bytes */") && r.ContentLength == 0:
			return "QueryUpload"
		case started:
			return "UploadChunk"
		}
		return "InsertObject"
	}
	_, rest, ok := strings.Cut(path, "/storage/v1/b")
	if !ok {
		return gcsXMLKind(r, path)
	}
	rest = strings.Trim(rest, "/")
	bucket, rest, _ := strings.Cut(rest, "/")
	collection, object, _ := strings.Cut(rest, "/")
	switch {
	case bucket == "":
		return map[string]string{"GET": "ListBuckets", "POST": "CreateBucket"}[r.Method]
	case collection == "":
		return map[string]string{
			"GET":    "GetBucket",
			"DELETE": "DeleteBucket",
			"PATCH":  "UpdateBucket",
			"PUT":    "UpdateBucket",
		}[r.Method]
	case collection != "o":
		return r.Method + " " + collection
	case object == "":
		return map[string]string{"GET": "ListObjects", "POST": "InsertObject"}[r.Method]
	case strings.Contains(object, "/rewriteTo/b/"):
		return "RewriteObject"
	case strings.Contains(object, "/copyTo/b/"):
		return "CopyObject"
	case strings.HasSuffix(object, "/compose"):
		return "ComposeObject"
	case r.Method == http.MethodGet && q.Get("alt") == "media":
		return "GetMedia"
	}
	if kind, ok := map[string]string{
		"GET":    "GetObject",
		"DELETE": "DeleteObject",
		"PATCH":  "UpdateObject",
		"PUT":    "UpdateObject",
	}[r.Method]; ok {
		return kind
	}
	return unknownKind(r)
}

func gcsXMLKind(r *http.Request, path string) string {
	if _, object, _ := strings.Cut(strings.TrimPrefix(path, "/"),
		"/"); object == "" && r.Method == http.MethodGet {
		return "XMLList"
	}
	return "XML" + r.Method[:1] + strings.ToLower(r.Method[1:])
}

// gcsXMLCodes maps the JSON API's reasons to the XML API's codes
// (https://cloud.google.com/storage/docs/xml-api/reference-status).
var gcsXMLCodes = map[string]string{
	"rateLimitExceeded": "SlowDown",
	"authError":         "AuthenticationRequired",
	"forbidden":         "AccessDenied",
	"backendError":      "InternalError",
	"notFound":          "NoSuchBucket",
}

// gcsXMLRefusal makes the XML API's errors for requests of that API.
func gcsXMLRefusal(r *http.Request) func(int, string, string) (http.Header, string) {
	if !strings.HasPrefix(gcsKind(r), "XML") {
		return nil
	}
	return func(status int, code, message string) (http.Header, string) {
		if c, ok := gcsXMLCodes[code]; ok {
			code = c
		}
		return xmlRefusal("")(status, code, message)
	}
}
