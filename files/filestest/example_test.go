package filestest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// notes is an application: it stores what is posted, by a condition, and shows it.
func notes(b files.Bucket) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{name}", func(w http.ResponseWriter, r *http.Request) {
		_, err := b.Put(r.Context(), "notes/"+r.PathValue("name"), r.Body,
			&files.PutOptions{If: files.IfAbsent()})
		respond(w, err, http.StatusCreated)
	})
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		text, err := files.ReadString(r.Context(), b, "notes/"+r.PathValue("name"), nil)
		respond(w, err, http.StatusOK)
		io.WriteString(w, text)
	})
	return mux
}

func respond(w http.ResponseWriter, err error, ok int) {
	switch files.KindOf(err) {
	case nil:
		w.WriteHeader(ok)
	case files.ErrExist:
		w.WriteHeader(http.StatusConflict)
	case files.ErrNotExist:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func post(h http.Handler, path, body string) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w.Code
}

// TestOfAnApplication is what a test with the fake looks like: no line of it sets the
// fake up or takes it down.
func TestOfAnApplication(t *testing.T) {
	t.Run("stored once", func(t *testing.T) {
		b := filestest.New(t)
		h := notes(b)
		b.Within(t, filestest.Budget{Calls: 2, Writes: 2}, func() {
			if first, second := post(h, "/a",
				"x"), post(h, "/a", "y"); first != 201 || second != 409 {
				t.Errorf("answered %d and %d", first, second)
			}
		})
		b.WantCreated(t, "notes/a")
		b.Want(t, filestest.Tree{"notes/a": "x"})
	})
	t.Run("service unavailable", func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "notes/").Fail(files.ErrUnavailable)
		if code := post(notes(b), "/a", "x"); code != http.StatusServiceUnavailable {
			t.Errorf("answered %d", code)
		}
		b.WantUnchanged(t)
	})
}
