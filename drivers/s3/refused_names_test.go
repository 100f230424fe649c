package s3

import (
	"errors"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestRefusedNameEverywhere: Copy from a name that the store doesn't support, and
// SignURL of it, are refused too, without a request.
func TestRefusedNameEverywhere(t *testing.T) {
	b, requests := hostile(t, minio, says(pageOf("")))
	const name = `x\..\y`
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		_, err := files.SignURL(t.Context(), b, name, &files.SignOptions{
			Method: method,
			Expiry: time.Hour,
		})
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("signing %s: %v, want ErrUnsupported", method, err)
		}
	}
	_, err := files.Copy(t.Context(), b, "a", b, name, nil)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("copying: %v, want ErrUnsupported", err)
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests, want 0", n)
	}
}
