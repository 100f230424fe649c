package fileshttp

import (
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// conditions has the preconditions of a request (RFC 9110, 13.1).
type conditions struct {
	match, noneMatch               tags
	unmodifiedSince, modifiedSince time.Time // zero if not given or malformed
	ifRange                        string
}

func parseConditions(h http.Header) conditions {
	c := conditions{
		match:     parseTags(h["If-Match"]),
		noneMatch: parseTags(h["If-None-Match"]),
		ifRange:   textproto.TrimString(h.Get("If-Range")),
	}
	c.unmodifiedSince, _ = http.ParseTime(h.Get("If-Unmodified-Since"))
	c.modifiedSince, _ = http.ParseTime(h.Get("If-Modified-Since"))
	return c
}

// failed returns the status of a GET or HEAD whose condition fails, 412 or 304, or 0 if
// none fails. It evaluates them in the order of RFC 9110, 13.2.2.
func (c conditions) failed(info files.Info) int {
	at := info.ModTime.Truncate(time.Second) // the resolution of HTTP's dates
	dated := hasTime(info)
	switch {
	case c.match.given:
		if !c.match.match(info.Version, false) {
			return http.StatusPreconditionFailed
		}
	case !c.unmodifiedSince.IsZero() && dated && at.After(c.unmodifiedSince):
		return http.StatusPreconditionFailed
	}
	switch {
	case c.noneMatch.given:
		if c.noneMatch.match(info.Version, true) {
			return http.StatusNotModified
		}
	case !c.modifiedSince.IsZero() && dated && !at.After(c.modifiedSince):
		return http.StatusNotModified
	}
	return 0
}

// rangeHolds reports whether the range may be served: there is no If-Range, or it holds
// (RFC 9110, 13.1.5).
func (c conditions) rangeHolds(info files.Info) bool {
	if c.ifRange == "" {
		return true
	}
	if strings.HasPrefix(c.ifRange, `"`) || strings.HasPrefix(c.ifRange, "W/") {
		t := parseTags([]string{c.ifRange})
		return len(t.list) == 1 && t.match(info.Version, false)
	}
	// A date is not a strong validator if two versions may be of the same second. A
	// client that has an entity tag must not send a date.
	date, err := http.ParseTime(c.ifRange)
	return err == nil && info.Version == "" && hasTime(info) &&
		info.ModTime.Truncate(time.Second).Equal(date)
}

// hasTime reports whether the file's time is known and can be written in a field:
// HTTP's dates have four digits for the year.
func hasTime(info files.Info) bool {
	year := info.ModTime.UTC().Year()
	return !info.ModTime.IsZero() && info.ModTime.Unix() != 0 && 0 < year && year <= 9999
}

// setLastModified sets the file's time, or the response's time if the file's is later
// (RFC 9110, 8.8.2.1).
func setLastModified(h http.Header, info files.Info) {
	if !hasTime(info) {
		return
	}
	at := info.ModTime.UTC()
	if now := time.Now().UTC(); at.After(now) {
		at = now
	}
	setDefault(h, "Last-Modified", at.Format(http.TimeFormat))
}
