package fileshttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// pageSize is the largest number of entries in a page of a listing.
const pageSize = 1000

// limit returns the number of entries in a page: the query's limit, from 1 to pageSize.
func limit(q url.Values) (int, error) {
	text := q.Get("limit")
	if text == "" {
		return pageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > pageSize {
		return 0, driver.Errorf(files.ErrInvalid, "the query's limit is not from 1 to %d", pageSize)
	}
	return n, nil
}

// page is the JSON response to a listing. Names are relative to the handler's
// directory.
type page struct {
	Entries []files.Entry `json:"entries"`
	// After is the query parameter "after" of the next page, or "" on the last one.
	After string `json:"after,omitempty"`
	// Incomplete is true if a part of the page could not be read (L9).
	Incomplete bool `json:"incomplete,omitempty"`
	limit      int
}

// list responds with the files of a directory. path is empty or ends in a slash.
func (h *Handler) list(w http.ResponseWriter, r *http.Request, path string) {
	query := r.URL.Query()
	p, err := h.page(r.Context(), path, query)
	if err != nil {
		h.failRead(w, r, err)
		return
	}
	if len(p.Entries) == 0 && path != "" && query.Get("after") == "" {
		refuse(w, http.StatusNotFound) // there is no such directory, or it is a file
		return
	}
	hd := w.Header()
	setDefault(hd, "X-Content-Type-Options", "nosniff")
	setDefault(hd, "Vary", "Accept")
	setDefault(hd, "Cache-Control", "no-cache")
	var text []byte
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		hd.Set("Content-Type", "application/json")
		text, err = json.Marshal(p)
		if err != nil {
			h.fail(w, r, err)
			return
		}
	} else {
		hd.Set("Content-Type", "text/html; charset=utf-8")
		text = []byte(p.html(path))
	}
	setLength(w, int64(len(text)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(text) // an error means that the client is gone
	}
}

func (h *Handler) page(ctx context.Context, path string, query url.Values) (page, error) {
	if path != "" {
		if err := files.CheckName(strings.TrimSuffix(path, "/")); err != nil {
			return page{}, driver.NewError(files.OpList, path, err)
		}
	}
	prefix := h.dirPrefix()
	size, err := limit(query)
	if err != nil {
		return page{}, driver.NewError(files.OpList, path, err)
	}
	opts := files.ListOptions{Shallow: true, Limit: size + 1}
	if after := query.Get("after"); after != "" {
		opts.StartAfter = prefix + path + after
	}
	p := page{Entries: []files.Entry{}, limit: size}
	for e, err := range h.Bucket.List(ctx, prefix+path, &opts) {
		if errors.Is(err, files.ErrPermission) && len(p.Entries) > 0 {
			p.Incomplete = true
			break
		}
		if err != nil {
			return page{}, err
		}
		if len(p.Entries) == size { // the listing may still end with an error
			p.After = strings.TrimPrefix(p.Entries[size-1].Name, path)
			continue
		}
		e.Name = strings.TrimPrefix(e.Name, prefix)
		if y := e.ModTime.Year(); y < 0 || y > 9999 {
			e.ModTime = time.Time{} // JSON can't express it
		}
		p.Entries = append(p.Entries, e)
	}
	return p, nil
}

// html returns the page as net/http shows a directory: links and nothing else.
func (p page) html(path string) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<meta name=\"viewport\" " +
		"content=\"width=device-width\">\n<pre>\n")
	link := func(href, text string) {
		fmt.Fprintf(&b, "<a href=\"%s\">%s</a>\n", html.EscapeString(href), html.EscapeString(text))
	}
	for _, e := range p.Entries {
		name := strings.TrimPrefix(e.Name, path)
		link("./"+(&url.URL{Path: name}).EscapedPath(), name)
	}
	if p.After != "" {
		next := url.Values{"after": {p.After}}
		if p.limit != pageSize {
			next.Set("limit", strconv.Itoa(p.limit))
		}
		link("?"+next.Encode(), "more")
	}
	if p.Incomplete {
		b.WriteString("A part of this directory cannot be read.\n")
	}
	b.WriteString("</pre>\n")
	return b.String()
}
