package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

const (
	dir       = "photos"
	perPage   = 2
	maxUpload = 10 << 20 // bytes
)

// photos is the application.
//
//	PUT    /photos/{name}             stores a photo, unless there is one of the name
//	GET    /photos?page=…             lists the names of a page
//	GET    /photos/{name}             shows the photo
//	POST   /photos/{name}/share       returns a link that works for an hour
//	POST   /photos/{name}/rename?to=… renames it, unless there is one of that name
//	DELETE /photos/{name}
func photos(b files.Bucket) http.Handler {
	a := app{b}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /photos/{name}", a.upload)
	mux.HandleFunc("GET /photos", a.list)
	mux.HandleFunc("GET /photos/{name}", a.show)
	mux.HandleFunc("POST /photos/{name}/share", a.share)
	mux.HandleFunc("POST /photos/{name}/rename", a.rename)
	mux.HandleFunc("DELETE /photos/{name}", a.delete)
	return mux
}

type app struct{ b files.Bucket }

func name(r *http.Request) string { return dir + "/" + r.PathValue("name") }

func (a app) upload(w http.ResponseWriter, r *http.Request) {
	_, err := a.b.Put(r.Context(), name(r), http.MaxBytesReader(w, r.Body, maxUpload),
		&files.PutOptions{If: files.IfAbsent()})
	respond(w, http.StatusCreated, nil, err)
}

// page is a page of the list.
type page struct {
	Names []string
	Next  string `json:",omitempty"` // the parameter of the next page
}

func (a app) list(w http.ResponseWriter, r *http.Request) {
	entries, next, err := files.ListPage(r.Context(), a.b, dir, r.FormValue("page"), perPage, nil)
	p := page{Next: next}
	for _, e := range entries {
		p.Names = append(p.Names, strings.TrimPrefix(e.Name, dir+"/"))
	}
	respond(w, http.StatusOK, p, err)
}

func (a app) show(w http.ResponseWriter, r *http.Request) {
	fileshttp.ServeFile(w, r, a.b, name(r), nil)
}

func (a app) share(w http.ResponseWriter, r *http.Request) {
	if ok, err := files.Exists(r.Context(), a.b, name(r)); err != nil || !ok {
		respond(w, http.StatusNotFound, nil, err)
		return
	}
	link, err := files.SignURL(r.Context(), a.b, name(r), &files.SignOptions{Expiry: time.Hour})
	respond(w, http.StatusOK, link.URL, err)
}

func (a app) rename(w http.ResponseWriter, r *http.Request) {
	_, err := files.Move(r.Context(), a.b, dir+"/"+r.FormValue("to"), a.b, name(r),
		&files.CopyOptions{If: files.IfAbsent()})
	respond(w, http.StatusNoContent, nil, err)
}

func (a app) delete(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusNoContent, nil, a.b.Delete(r.Context(), name(r), nil))
}

// respond sends the value as JSON, or the error's status.
func respond(w http.ResponseWriter, status int, value any, err error) {
	if errors.Is(err, files.ErrExist) {
		status = http.StatusConflict
	} else if err != nil {
		status = fileshttp.Status(err)
	}
	w.WriteHeader(status)
	if err == nil && value != nil {
		json.NewEncoder(w).Encode(value)
	}
}
