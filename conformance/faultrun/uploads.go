package faultrun

import (
	"net/url"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/proxy"
)

// Upload is an unfinished upload in parts, as the store lists it.
type Upload struct{ Key, ID string }

// fate is what the records tell of an upload.
type fate struct {
	known   bool // the driver got to know it
	aborted bool // by a request that went through to the server
	refused bool // a request to abort it didn't
}

// notForgiven returns those of the uploads that are left which the driver could have
// ended. It couldn't end one whose creation's response came back broken or not at all,
// and one of which no request to abort it went through the faults. Where the proxy
// itself didn't get the response, for the client had gone, the id is nobody's: as many
// uploads of that key are forgiven, if no record names them.
func notForgiven(records []proxy.Record, left []Upload) (bad []Upload) {
	fates := map[string]*fate{}
	nameless := map[string]int{} // by path
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

// pathOf returns the path, of those of which some are left, that names the key, behind
// the bucket or not.
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
