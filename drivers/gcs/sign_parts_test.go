package gcs

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
)

// TestNoSignedParts: what an upload of the XML API can't have is refused with a reason,
// before any request.
func TestNoSignedParts(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1") // nothing is asked
	for why, o := range map[string]signing.UploadOptions{
		"no conditions": {If: files.IfAbsent()},
		"can't be sent as header": {
			Attributes: files.Attributes{Metadata: map[string]string{"k": "ü"}},
		},
	} {
		b, err := files.Open(t.Context(), "gs://bucket?"+signParams(t))
		if err != nil {
			t.Fatal(err)
		}
		o.Size = 1
		_, err = signing.BeginUpload(t.Context(), b, "a", &o)
		if !errors.Is(err, files.ErrUnsupported) || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want ErrUnsupported: %s", err, why)
		}
		b.Close()
	}
}
