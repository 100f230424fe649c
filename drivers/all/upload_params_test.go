package all

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestUploadParams: part_size and concurrency have the same meaning and the same
// defaults in the URLs of all services.
func TestUploadParams(t *testing.T) {
	for _, u := range []string{
		"s3://bucket?region=eu-central-1&",
		"gs://bucket?anonymous=true&",
		"azblob://bucket?domain=localhost&anonymous=true&",
	} {
		scheme, _, _ := strings.Cut(u, "://")
		i := slices.IndexFunc(files.DefaultMux().Schemes(), func(s files.Scheme) bool {
			return s.Name == scheme
		})
		if i < 0 {
			t.Fatalf("no scheme %s", scheme)
		}
		found := map[string]string{}
		for _, p := range files.DefaultMux().Schemes()[i].Params {
			found[p.Name] = p.Doc
		}
		for name, def := range map[string]string{
			"part_size": "(8 MiB)", "concurrency": "(8)",
		} {
			if !strings.Contains(found[name], def) {
				t.Errorf("%s: parameter %s: %q doesn't say %s", scheme, name, found[name], def)
			}
		}
		t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
		b, err := files.Open(t.Context(), u+"part_size=8388608&concurrency=100")
		if err != nil {
			t.Errorf("%s: %v, want nil", scheme, err)
			continue
		}
		b.Close()
		for _, wrong := range []string{"part_size=1", "concurrency=0", "concurrency=101"} {
			_, err := files.Open(t.Context(), u+wrong)
			name, _, _ := strings.Cut(wrong, "=")
			if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %s: %v, want ErrInvalid and a text with %q", scheme, wrong, err, name)
			}
		}
	}
}
