package fileshttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// Serve a directory of the bucket, for reading and with uploads of up to 1 MiB.
func ExampleHandler() {
	b := mem.New(nil)
	h := &fileshttp.Handler{Bucket: b, Dir: "public", MaxUpload: 1 << 20}
	srv := httptest.NewServer(http.StripPrefix("/files", h))
	defer srv.Close()

	send := func(method, body string, header ...string) *http.Response {
		req, err := http.NewRequest(method, srv.URL+"/files/hello.txt", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		if len(header) == 2 {
			req.Header.Set(header[0], header[1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(method, resp.Status, string(text), err)
		return resp
	}
	send("PUT", "hello, world", "If-None-Match", "*")
	send("PUT", "another", "If-None-Match", "*")
	resp := send("GET", "")
	fmt.Println(resp.Header.Get("Content-Type"))
	send("GET", "", "Range", "bytes=7-")
	send("GET", "", "If-None-Match", resp.Header.Get("Etag"))
	send("DELETE", "")
	// Output:
	// PUT 201 Created  <nil>
	// PUT 412 Precondition Failed Precondition Failed
	//  <nil>
	// GET 200 OK hello, world <nil>
	// text/plain; charset=utf-8
	// GET 206 Partial Content world <nil>
	// GET 304 Not Modified  <nil>
	// DELETE 405 Method Not Allowed Method Not Allowed
	//  <nil>
}

// Decide in your own handler who may read which file.
func ExampleServeFile() {
	b := mem.New(nil)
	if _, err := files.PutString(context.Background(), b, "users/7/report.csv", "day,sum\n",
		nil); err != nil {
		fmt.Println(err)
		return
	}
	report := func(w http.ResponseWriter, r *http.Request) {
		user := r.Header.Get("X-User") // set by the authentication in front
		if files.CheckElement(user) != nil {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Disposition", `attachment; filename="report.csv"`)
		fileshttp.ServeFile(w, r, b, "users/"+user+"/report.csv", nil)
	}
	for _, user := range []string{"7", "8", ""} {
		r, w := httptest.NewRequest("GET", "/report", nil), httptest.NewRecorder()
		r.Header.Set("X-User", user)
		report(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 day,sum
	// 404 Not Found
	// 401 who are you?
}
