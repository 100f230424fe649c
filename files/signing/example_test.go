package signing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
)

// A page uploads a film in parts. The server keeps the upload as JSON, so that any of its
// processes can sign the next part; the page is reloaded after the first one.
func ExampleBeginUpload() {
	if err := exampleUpload(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3 parts
	// missing after a reload: [2 3]
	// film.mp4: 10 bytes, video/mp4
}

func exampleUpload() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "signing")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	signer, err := localhttp.NewSigner(&url.URL{Path: "/files"}, []byte("32 random bytes"))
	if err != nil {
		return err
	}
	b, err := local.Open(dir, &local.Options{Signer: signer})
	if err != nil {
		return err
	}
	defer b.Close()
	h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 10 << 30})
	if err != nil {
		return err
	}

	// The page says how large the file is.
	u, err := signing.BeginUpload(ctx, b, "film.mp4", &signing.UploadOptions{
		Size:     10,
		PartSize: 4, // left out, parts have 8 MiB
		If:       files.IfAbsent(),
	})
	if err != nil {
		return err
	}
	fmt.Println(u.Parts(), "parts")
	kept, err := json.Marshal(u)
	if err != nil {
		return err
	}

	// Each part is signed when the page is about to send it.
	if err := examplePart(ctx, b, h, kept, 1, "0123"); err != nil {
		return err
	}
	there, err := signing.ListParts(ctx, b, u)
	if err != nil {
		return err
	}
	fmt.Println("missing after a reload:", u.Missing(there))
	if err := examplePart(ctx, b, h, kept, 2, "4567"); err != nil {
		return err
	}
	if err := examplePart(ctx, b, h, kept, 3, "89"); err != nil {
		return err
	}

	info, err := signing.CompleteUpload(ctx, b, u)
	if err != nil {
		signing.AbortUpload(ctx, b, u)
		return err
	}
	fmt.Printf("%s: %d bytes, %s\n", info.Name, info.Size, info.ContentType)
	return nil
}

// examplePart is what a server and the page do for one part.
func examplePart(ctx context.Context, b files.Bucket, h http.Handler, kept []byte, n int,
	content string) error {
	var u signing.Upload
	if err := json.Unmarshal(kept, &u); err != nil {
		return err
	}
	s, err := signing.SignPart(ctx, b, &u, n, nil)
	if err != nil {
		return err
	}
	r := httptest.NewRequest(s.Method, s.URL, strings.NewReader(content))
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		return fmt.Errorf("part %d: %d %s", n, w.Code, w.Body)
	}
	return nil
}
