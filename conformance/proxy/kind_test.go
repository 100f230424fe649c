package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/proxy"
)

// TestKinds checks the kinds of requests in the forms in which the SDKs send them.
func TestKinds(t *testing.T) {
	for s, table := range map[*proxy.Service]map[string]string{
		proxy.S3: {
			"PUT /b/k":                                               "PutObject",
			"PUT /b/k?x-id=PutObject":                                "PutObject",
			"PUT /b/d/k?partNumber=2&uploadId=u":                     "UploadPart",
			"PUT /b/k X-Amz-Copy-Source=b/x":                         "CopyObject",
			"PUT /b/k?partNumber=2&uploadId=u X-Amz-Copy-Source=b/x": "UploadPartCopy",
			"PUT /b/k?tagging":                                       "PutObjectTagging",
			"POST /b/k?uploads":                                      "CreateMultipartUpload",
			"POST /b/k?uploadId=u":                                   "CompleteMultipartUpload",
			"DELETE /b/k?uploadId=u":                                 "AbortMultipartUpload",
			"GET /b/k?uploadId=u":                                    "ListParts",
			"GET /b/k":                                               "GetObject",
			"GET /b/list-type=2":                                     "GetObject",
			"HEAD /b/k":                                              "HeadObject",
			"DELETE /b/k":                                            "DeleteObject",
			"GET /b?list-type=2&prefix=x":                            "ListObjectsV2",
			"GET /b/?list-type=2":                                    "ListObjectsV2",
			"GET /b":                                                 "ListObjects",
			"GET /b?uploads":                                         "ListMultipartUploads",
			"GET /b?versions":                                        "ListObjectVersions",
			"GET /b?location":                                        "GetBucketLocation",
			"POST /b?delete":                                         "DeleteObjects",
			"POST /b":                                                "PostObject",
			"PUT /b":                                                 "CreateBucket",
			"HEAD /b":                                                "HeadBucket",
			"DELETE /b":                                              "DeleteBucket",
			"GET /":                                                  "ListBuckets",
			"GET http://bucket.s3.eu-central-1.amazonaws.com/k":      "GetObject",
			"GET http://bucket.s3.amazonaws.com/?list-type=2":        "ListObjectsV2",
			"GET http://s3.eu-central-1.amazonaws.com/b?list-type=2": "ListObjectsV2",
			"OPTIONS /b/k": "OPTIONS of an unknown kind",
		},
		proxy.GCS: {
			"POST /upload/storage/v1/b/b/o?uploadType=multipart":               "InsertObject",
			"POST /upload/storage/v1/b/b/o?uploadType=media&name=x":            "InsertObject",
			"POST /upload/storage/v1/b/b/o?uploadType=resumable&name=x":        "StartUpload",
			"PUT /upload/storage/v1/b/b/o?uploadType=resumable&upload_id=1":    "UploadChunk",
			"PUT /upload/storage/v1/b/b/o?upload_id=1 Content-Range=bytes+*/*": "QueryUpload",
			"DELETE /upload/storage/v1/b/b/o?upload_id=1":                      "CancelUpload",
			"GET /storage/v1/b/b/o?prefix=x":                                   "ListObjects",
			"GET /storage/v1/b/b/o/d%2Fk?alt=json":                             "GetObject",
			"GET /storage/v1/b/b/o/k?alt=media":                                "GetMedia",
			"GET /download/storage/v1/b/b/o/k?alt=media":                       "GetMedia",
			"DELETE /storage/v1/b/b/o/k":                                       "DeleteObject",
			"PATCH /storage/v1/b/b/o/k":                                        "UpdateObject",
			"POST /storage/v1/b/b/o/k/rewriteTo/b/b/o/l":                       "RewriteObject",
			"POST /storage/v1/b/b/o/k/compose":                                 "ComposeObject",
			"GET /storage/v1/b/b":                                              "GetBucket",
			"POST /storage/v1/b?project=p":                                     "CreateBucket",
			"GET /storage/v1/b":                                                "ListBuckets",
			"POST /batch/storage/v1":                                           "Batch",
			"GET /b/d/k":                                                       "XMLGet",
			"HEAD /b/k":                                                        "XMLHead",
			"PUT /b/k":                                                         "XMLPut",
			"GET /b?prefix=x":                                                  "XMLList",
			"POST /token":                                                      "Token",
		},
		proxy.Azure: {
			"PUT /acc/c/k X-Ms-Blob-Type=BlockBlob":                           "PutBlob",
			"PUT /acc/c/k?comp=block&blockid=x":                               "PutBlock",
			"PUT /acc/c/k?comp=block X-Ms-Copy-Source=http://h":               "PutBlockFromURL",
			"PUT /acc/c/k?comp=blocklist":                                     "PutBlockList",
			"GET /acc/c/k?comp=blocklist":                                     "GetBlockList",
			"PUT /acc/c/k X-Ms-Copy-Source=http://h":                          "CopyBlob",
			"PUT /acc/c/k X-Ms-Copy-Source=http://h X-Ms-Blob-Type=BlockBlob": "PutBlobFromURL",
			"PUT /acc/c/k X-Ms-Copy-Source=http://h X-Ms-Requires-Sync=true":  "CopyBlobFromURL",
			"GET /acc/c/k":                             "GetBlob",
			"HEAD /acc/c/k":                            "GetBlobProperties",
			"DELETE /acc/c/k":                          "DeleteBlob",
			"GET /acc/c?restype=container&comp=list":   "ListBlobs",
			"PUT /acc/c?restype=container":             "CreateContainer",
			"GET /acc/c?restype=container":             "GetContainerProperties",
			"DELETE /acc/c?restype=container":          "DeleteContainer",
			"POST /acc/c?restype=container&comp=batch": "BlobBatch",
			"POST /acc?comp=batch":                     "BlobBatch",
			"GET /acc?comp=list":                       "ListContainers",
			"PUT /acc/c/k?comp=tier":                   "SetBlobTier",
			"PUT /acc/c/k?comp=nonsense":               "PUT of an unknown kind",
		},
		proxy.Plain: {"GET /x": "GET", "PUT /x?y": "PUT"},
	} {
		for request, want := range table {
			f := strings.Fields(request)
			target := f[1]
			if strings.HasPrefix(target, "/") {
				target = "http://127.0.0.1:1" + target
			}
			r, err := http.NewRequest(f[0], target, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range f[2:] {
				k, v, _ := strings.Cut(h, "=")
				r.Header.Set(k, strings.ReplaceAll(v, "+", " "))
			}
			if got := s.Kind(r); got != want {
				t.Errorf("%s: %s is %s, want %s", s.Name, request, got, want)
			}
		}
	}
}
