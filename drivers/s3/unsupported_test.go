package s3

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestDeleteManyOneByOne: on a store without DeleteObjects each name is deleted by a
// request, and DeleteObjects is tried once.
func TestDeleteManyOneByOne(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	for _, c := range []struct {
		status int
		body   string
		lacks  bool
	}{
		{501, xmlError("NotImplemented"), true},
		{400, xmlError("NotImplemented"), true},
		{405, xmlError("MethodNotAllowed"), true},
		{400, xmlError("UnsupportedOperation"), true},
		{501, "", true},
		{403, xmlError("AccessDenied"), false},
		{404, xmlError("NoSuchKey"), false},
		{405, "<html>no</html>", false},
	} {
		var many, single atomic.Int64
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				many.Add(1)
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
				return
			}
			single.Add(1)
			w.WriteHeader(204)
		})
		for round := range 2 {
			before := many.Load()
			res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
				for _, n := range names {
					if !yield(n) {
						return
					}
				}
			})
			switch {
			case errors.Is(err, files.ErrNotExist):
				t.Errorf("%d %.40s: DeleteMany is ErrNotExist: %v", c.status, c.body, err)
			case c.lacks != (err == nil && int(res.Deleted) == len(names)):
				t.Errorf("%d %.40s: DeleteMany = %+v, %v, and the store lacks it: %v",
					c.status, c.body, res, err, c.lacks)
			case c.lacks && single.Load() != int64(len(names)*(round+1)):
				t.Errorf("%d %.40s: %d single requests", c.status, c.body, single.Load())
			case c.lacks && round == 1 && many.Load() > before:
				t.Errorf("%d %.40s: DeleteObjects is tried again", c.status, c.body)
			}
		}
	}
}

// TestFullStore: a store that is full is ErrTooLarge, after one request.
func TestFullStore(t *testing.T) {
	b, requests := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(507)
		io.WriteString(w, xmlError("XMinioStorageFull"))
	})
	if _, err := oddservice.PutIf(t, b, files.IfAbsent()); files.KindOf(err) != files.ErrTooLarge {
		t.Errorf("Put = %v, want ErrTooLarge", err)
	}
	_, err := files.PutString(t.Context(), b, "a", "x", nil)
	if files.KindOf(err) != files.ErrTooLarge {
		t.Errorf("PutString(a) = %v, want ErrTooLarge", err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}
