package gcs

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// TestSessionWithUser: a session's URL with a user name is refused, since the user name
// would be sent as credentials.
func TestSessionWithUser(t *testing.T) {
	var asked atomic.Int64
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", "http://user:secret@"+r.Host+"/upload?upload_id=1")
			return
		}
		asked.Add(1)
	})
	large := strings.NewReader(strings.Repeat("x", DefaultPartSize+1))
	_, err := b.Put(t.Context(), "a", large, nil)
	if files.KindOf(err) != files.ErrUnavailable || asked.Load() > 0 {
		t.Errorf("%v, %d requests with the session's URL, want ErrUnavailable and 0", err,
			asked.Load())
	}
}
