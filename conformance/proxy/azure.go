package proxy

import (
	"net/http"
)

// Azure is Azure Blob Storage. The kinds are the operations' names in the REST API.
// Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
// and its page status-and-error-codes2.
var Azure = &Service{
	Name:     "Azure",
	Kind:     azureKind,
	Refusal:  xmlRefusal("X-Ms-Error-Code"),
	slowDown: refusal{503, "ServerBusy", "The server is busy."},
	expired: refusal{
		403, "AuthenticationFailed",
		"Server failed to authenticate the request. Signature not valid in the specified " +
			"time frame.",
	},
	forbidden: refusal{
		403, "AuthorizationPermissionMismatch",
		"This request is not authorized to perform this operation using this permission.",
	},
	internal: refusal{
		500, "InternalError",
		"The server encountered an internal error. Please retry the request.",
	},
}

// azureComps holds the operations by the value of the parameter comp and the method.
var azureComps = map[string]map[string]string{
	"block":       {"PUT": "PutBlock"},
	"blocklist":   {"PUT": "PutBlockList", "GET": "GetBlockList"},
	"metadata":    {"PUT": "SetBlobMetadata", "GET": "GetBlobMetadata", "HEAD": "GetBlobMetadata"},
	"properties":  {"PUT": "SetBlobProperties", "GET": "GetAccountProperties"},
	"tier":        {"PUT": "SetBlobTier"},
	"tags":        {"PUT": "SetBlobTags", "GET": "GetBlobTags"},
	"lease":       {"PUT": "LeaseBlob"},
	"snapshot":    {"PUT": "SnapshotBlob"},
	"undelete":    {"PUT": "UndeleteBlob"},
	"copy":        {"PUT": "AbortCopyBlob"},
	"batch":       {"POST": "BlobBatch"},
	"page":        {"PUT": "PutPage"},
	"appendblock": {"PUT": "AppendBlock"},
	"query":       {"POST": "QueryBlobContents"},
}

func azureKind(r *http.Request) string {
	q := r.URL.Query()
	comp := q.Get("comp")
	copies := r.Header.Get("X-Ms-Copy-Source") != ""
	if q.Get("restype") == "container" && comp != "batch" {
		if comp == "list" {
			return "ListBlobs"
		}
		if kind, ok := map[string]string{
			"PUT":    "CreateContainer",
			"GET":    "GetContainerProperties",
			"HEAD":   "GetContainerProperties",
			"DELETE": "DeleteContainer",
		}[r.Method]; ok && comp == "" {
			return kind
		}
		return unknownKind(r)
	}
	if comp == "list" {
		return "ListContainers"
	}
	if comp != "" {
		kind, ok := azureComps[comp][r.Method]
		switch {
		case !ok:
			return unknownKind(r)
		case copies:
			return kind + "FromURL"
		}
		return kind
	}
	switch r.Method {
	case http.MethodPut:
		switch {
		case copies && r.Header.Get("X-Ms-Blob-Type") != "":
			return "PutBlobFromURL"
		case copies && r.Header.Get("X-Ms-Requires-Sync") == "true":
			return "CopyBlobFromURL"
		case copies:
			return "CopyBlob"
		}
		return "PutBlob"
	case http.MethodGet:
		return "GetBlob"
	case http.MethodHead:
		return "GetBlobProperties"
	case http.MethodDelete:
		return "DeleteBlob"
	}
	return unknownKind(r)
}
