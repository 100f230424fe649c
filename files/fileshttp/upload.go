package fileshttp

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// put stores the request's content.
func (h *Handler) put(w http.ResponseWriter, r *http.Request, path string) {
	name, err := h.name(path, files.OpPut)
	var opts files.PutOptions
	if err == nil {
		opts, err = h.putOptions(r, name)
	}
	if err != nil {
		err = driver.NewError(files.OpPut, name, err)
		if strings.Trim(path, "/") == "" { // a directory can't be stored
			h.failRead(w, r, err)
			return
		}
		h.fail(w, r, err)
		return
	}
	if r.Body == nil { // never in a server's request
		r.Body = http.NoBody
	}
	body := http.MaxBytesReader(w, r.Body, h.MaxUpload)
	defer body.Close()
	created := opts.If.Absent()
	if opts.If == (files.Condition{}) { // RFC 9110, 9.3.4: 201 for a new file
		_, err := h.Bucket.Stat(r.Context(), name, nil)
		created = errors.Is(err, files.ErrNotExist)
	}
	info, err := h.Bucket.Put(r.Context(), name, body, &opts)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	setDefault(w.Header(), "Etag", ETag(info.Version))
	setLastModified(w.Header(), info)
	if created {
		w.WriteHeader(http.StatusCreated)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// putOptions parses the request's fields. It doesn't read the body.
func (h *Handler) putOptions(r *http.Request, name string) (o files.PutOptions, err error) {
	// RFC 9110, 14.5: storing a part as if it were the whole would destroy the file
	if r.Header.Get("Content-Range") != "" {
		return o, driver.Errorf(files.ErrInvalid, "Content-Range is not supported in a PUT")
	}
	if r.ContentLength > h.MaxUpload {
		return o, &http.MaxBytesError{Limit: h.MaxUpload}
	}
	if r.ContentLength >= 0 {
		o.Size = &r.ContentLength
	}
	o.Attributes = files.Attributes{
		ContentType:        r.Header.Get("Content-Type"),
		ContentDisposition: r.Header.Get("Content-Disposition"),
		ContentEncoding:    r.Header.Get("Content-Encoding"),
		ContentLanguage:    r.Header.Get("Content-Language"),
	}
	if o.Digest, err = parseDigests(r.Header); err != nil {
		return o, err
	}
	o.If, err = h.writeCondition(r, name)
	return o, err
}

// writeCondition turns the request's conditions into one condition, which is decided at
// the commit. If the fields do not name exactly one version, it calls Stat first, and
// the condition is that the file stays the same.
func (h *Handler) writeCondition(r *http.Request, name string) (files.Condition, error) {
	c := parseConditions(r.Header)
	switch {
	case c.noneMatch.any && c.match.given:
		// the file would have to exist and not exist
		return files.Condition{}, files.ErrPrecondition
	case c.noneMatch.any:
		return files.IfAbsent(), nil
	case c.noneMatch.given:
		return files.Condition{}, driver.Errorf(files.ErrUnsupported,
			"the If-None-Match of a write must be *")
	case c.match.given && !c.match.any && len(c.match.list) == 1:
		v, ok := c.match.list[0].version()
		if !ok || c.match.list[0].weak {
			return files.Condition{}, files.ErrPrecondition
		}
		return files.IfVersion(v), nil
	case !c.match.given && c.unmodifiedSince.IsZero():
		return files.Condition{}, nil
	}
	info, err := h.Bucket.Stat(r.Context(), name, nil)
	switch {
	case errors.Is(err, files.ErrNotExist) && c.match.given:
		return files.Condition{}, files.ErrPrecondition
	case errors.Is(err, files.ErrNotExist):
		return files.IfAbsent(), nil
	case err != nil:
		return files.Condition{}, err
	case c.match.given && !c.match.match(info.Version, false),
		!c.match.given && info.ModTime.Truncate(time.Second).After(c.unmodifiedSince):
		return files.Condition{}, files.ErrPrecondition
	case info.Version == "":
		return files.Condition{}, driver.Errorf(files.ErrUnsupported,
			"the file has no version for the condition")
	}
	return files.IfVersion(info.Version), nil
}

// delete removes the file.
func (h *Handler) delete(w http.ResponseWriter, r *http.Request, path string) {
	name, err := h.name(path, files.OpDelete)
	var cond files.Condition
	if err == nil {
		cond, err = h.writeCondition(r, name)
	}
	switch {
	case err != nil:
	case cond.Absent() && r.Header.Get("If-None-Match") != "":
		err = driver.Errorf(files.ErrUnsupported, "If-None-Match is not supported in a DELETE")
	case cond.Absent(): // If-Unmodified-Since, and there is no file
	default:
		v, _ := cond.Version()
		err = h.Bucket.Delete(r.Context(), name, &files.DeleteOptions{IfVersion: v})
	}
	if err != nil {
		h.failRead(w, r, driver.NewError(files.OpDelete, name, err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
