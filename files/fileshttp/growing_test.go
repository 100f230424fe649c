package fileshttp_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files/fileshttp"
)

// onWrite is called before the first bytes of the body.
type onWrite struct {
	*httptest.ResponseRecorder
	do func()
}

func (w *onWrite) Write(p []byte) (int, error) {
	if w.do != nil {
		w.do()
		w.do = nil
	}
	return w.ResponseRecorder.Write(p)
}

// TestServeGrowing: with Growing, a log that is written while it is served has the
// length that it had when the request came.
func TestServeGrowing(t *testing.T) {
	dir := t.TempDir()
	b, err := local.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	path := filepath.Join(dir, "app.log")
	text := strings.Repeat("a line\n", 1<<20)
	for _, growing := range []bool{true, false} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		w := &onWrite{httptest.NewRecorder(), func() {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if _, err := f.WriteString("one more\n"); err != nil {
				t.Error(err)
			}
		}}
		var failed error
		opts := &fileshttp.ServeOptions{
			Growing: growing,
			OnError: func(_ *http.Request, err error) { failed = err },
		}
		fileshttp.ServeFile(w, httptest.NewRequest("GET", "/app.log", nil), b, "app.log", opts)
		if whole := w.Body.String() == text; whole != growing || (failed == nil) != growing {
			t.Errorf("Growing %v: %d of %d bytes, %v", growing, w.Body.Len(), len(text), failed)
		}
	}
}
