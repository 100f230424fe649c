package localhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
)

// A page uploads a new file of the size that it announced. The link to the file lets a
// browser save it under a name that people read.
func ExampleSigner_SignURL() {
	if err := exampleOptions(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// too long: 403
	// as signed: 201
	// once more: 412
	// attachment; filename="report.csv"
}

func exampleOptions() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "localhttp")
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
	h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 1 << 20})
	if err != nil {
		return err
	}

	put, err := files.SignURL(ctx, b, "42", &files.SignOptions{
		Method:   "PUT",
		Size:     3,
		IfAbsent: true,
	})
	if err != nil {
		return err
	}
	for _, try := range [][2]string{
		{"too long", "a,b,c"}, {"as signed", "a,b"}, {"once more", "a,b"},
	} {
		r := httptest.NewRequest(put.Method, put.URL, strings.NewReader(try[1]))
		r.Header = http.Header(put.Header).Clone()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Printf("%s: %d\n", try[0], w.Code)
	}

	get, err := files.SignURL(ctx, b, "42", &files.SignOptions{
		ResponseDisposition: `attachment; filename="report.csv"`,
	})
	if err != nil {
		return err
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(get.Method, get.URL, nil))
	fmt.Println(w.Header().Get("Content-Disposition"))
	return nil
}
