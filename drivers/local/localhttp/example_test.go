package localhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
)

// A client without credentials uploads a file, and fetches it, by URLs that allow only
// that.
func Example() {
	if err := example(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// PUT 201 Created
	// GET 200 OK a,b
	// GET 403 Forbidden Forbidden
}

func example() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "localhttp")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keyFile := filepath.Join(dir, "secret.key")
	if err := os.WriteFile(keyFile, []byte("32 random bytes are a good one.."), 0o600); err != nil {
		return err
	}

	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	q := url.Values{
		"create_dir":      {"1"},
		"base_url":        {srv.URL + "/files"},
		"secret_key_path": {keyFile},
	}
	b, err := files.Open(ctx, "file://"+filepath.ToSlash(dir)+"/bucket?"+q.Encode())
	if err != nil {
		return err
	}
	defer b.Close()
	h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 1 << 20})
	if err != nil {
		return err
	}
	mux.Handle("/files", h)

	put, err := files.SignURL(ctx, b, "report.csv", &files.SignOptions{
		Method:      "PUT",
		ContentType: "text/csv",
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(put.Method, put.URL, strings.NewReader("a,b"))
	if err != nil {
		return err
	}
	req.Header = put.Header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	fmt.Println(put.Method, resp.Status)

	get, err := files.SignURL(ctx, b, "report.csv", nil)
	if err != nil {
		return err
	}
	for _, u := range []string{get.URL, strings.Replace(get.URL, "report", "secrets", 1)} {
		resp, err := http.Get(u)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		fmt.Println("GET", resp.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
