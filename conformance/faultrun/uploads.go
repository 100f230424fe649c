package faultrun

import (
	"net/url"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/proxy"
)

// Upload is an unfinished multipart upload, by the key and id in the store's listing.
type Upload struct{ Key, ID string }

// fate describes an upload, by the records of its requests.
type fate struct {
	known   bool // its id reached the driver
	aborted bool // by a request that reached the server
	refused bool // a request to abort it didn't reach the server
}

// notForgiven returns the uploads among left that the driver could have ended. The
// driver couldn't end an upload if the response to its creation arrived incomplete or
// not at all, or if no request to abort it got through the faults.
//
// If the proxy itself didn't get the response, because the client had gone, no record
// has the id. For each such creation, one upload of that key that no record names is
// forgiven.
func notForgiven(records []proxy.Record, left []Upload) (bad []Upload) {
	fates := map[string]*fate{}
	nameless := map[string]int{} // number of uploads without a known id, by path
	for _, rec := range records {
		if rec.Kind == "CreateMultipartUpload" && rec.Reached && rec.Upload == "" &&
			rec.Status == 0 {
			nameless[rec.Path]++
		}
		if rec.Upload == "" {
			continue
		}
		f := fates[rec.Upload]
		if f == nil {
			f = &fate{}
			fates[rec.Upload] = f
		}
		switch rec.Kind {
		case "CreateMultipartUpload":
			f.known = f.known || !rec.Lost()
		case "AbortMultipartUpload":
			f.known, f.aborted, f.refused = true, f.aborted || rec.Reached, f.refused ||
				!rec.Reached
		default:
			f.known = true
		}
	}
	for _, u := range left {
		f := fates[u.ID]
		switch {
		case f == nil:
			path, ok := pathOf(nameless, u.Key)
			if !ok {
				bad = append(bad, u)
				continue
			}
			nameless[path]--
		case f.known && (f.aborted || !f.refused):
			bad = append(bad, u)
		}
	}
	return bad
}

// pathOf returns a path with a positive count that names the key, with or without a
// bucket in front.
func pathOf(paths map[string]int, key string) (string, bool) {
	for path, n := range paths {
		p, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
		_, behind, _ := strings.Cut(p, "/")
		if n > 0 && err == nil && slices.Contains([]string{p, behind}, key) {
			return path, true
		}
	}
	return "", false
}
