package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// pagedUploads lists uploads and parts in pages of two, as the service does in pages of
// a thousand.
func pagedUploads(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Has("uploadId") {
		after, _ := strconv.Atoi(q.Get("part-number-marker"))
		io.WriteString(w, "<ListPartsResult>")
		for n := after + 1; n <= min(after+2, 5); n++ {
			fmt.Fprintf(w, "<Part><PartNumber>%[1]d</PartNumber><ETag>&quot;e%[1]d&quot;</ETag>"+
				"<Size>%[1]d</Size></Part>", n)
		}
		fmt.Fprintf(w, "<IsTruncated>%t</IsTruncated><NextPartNumberMarker>%d"+
			"</NextPartNumberMarker></ListPartsResult>", after+2 < 5, after+2)
		return
	}
	all := [][2]string{{"a", "1"}, {"a", "2"}, {"a", "3"}, {"b", "1"}, {"c", "1"}}
	for len(all) > 0 && (all[0][0] < q.Get("key-marker") ||
		all[0][0] == q.Get("key-marker") && all[0][1] <= q.Get("upload-id-marker")) {
		all = all[1:]
	}
	io.WriteString(w, "<ListMultipartUploadsResult>")
	last := [2]string{}
	for _, u := range all[:min(2, len(all))] {
		fmt.Fprintf(w, "<Upload><Key>%s</Key><UploadId>%s</UploadId>"+
			"<Initiated>2026-11-29T12:00:00.000Z</Initiated></Upload>", u[0], u[1])
		last = u
	}
	fmt.Fprintf(w, "<IsTruncated>%t</IsTruncated><NextKeyMarker>%s</NextKeyMarker>"+
		"<NextUploadIdMarker>%s</NextUploadIdMarker></ListMultipartUploadsResult>",
		len(all) > 2, last[0], last[1])
}

func listParts(t *testing.T, b files.Bucket) (numbers []int, err error) {
	t.Helper()
	err = driver.WithUploader(t.Context(), b, "a",
		func(ctx context.Context, to *driver.Uploader) error {
			parts, err := to.ListParts(ctx, &driver.Upload{Name: to.Name, ID: "1"})
			for _, p := range parts {
				if p.Size != int64(p.Number) || p.Tag != fmt.Sprint("e", p.Number) {
					t.Errorf("a part is %+v", p)
				}
				numbers = append(numbers, p.Number)
			}
			return err
		})
	return numbers, err
}

// TestUploadPages: the parts of an upload, and the unfinished uploads, are listed to the
// last page. A listing that doesn't end, or isn't in order, is ErrUnavailable.
func TestUploadPages(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(pagedUploads))
	defer srv.Close()
	b := offline(srv.URL)
	defer b.Close()
	if got, err := listParts(t, b); err != nil || fmt.Sprint(got) != "[1 2 3 4 5]" {
		t.Errorf("the parts are %v, %v", got, err)
	}
	var got []string
	for u, err := range resume.Uploads(t.Context(), b, "") {
		if err != nil || u.Time.IsZero() || u.Size != -1 {
			t.Errorf("%+v, %v, want Time anything but zero, Size -1 and nil", u, err)
		}
		got = append(got, u.Name+u.ID)
	}
	if text := strings.Join(got, " "); text != "a1 a2 a3 b1 c1" {
		t.Errorf("the unfinished uploads are %s, want %q", text, "a1 a2 a3 b1 c1")
	}
	for what, page := range map[string]string{
		"endless": "<%s><IsTruncated>true</IsTruncated></%[1]s>",
		"backwards": "<%s><Part><PartNumber>2</PartNumber></Part><Part><PartNumber>1</PartNumber>" +
			"</Part><IsTruncated>true</IsTruncated></%[1]s>",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			root := "ListMultipartUploadsResult"
			if r.URL.Query().Has("uploadId") {
				root = "ListPartsResult"
			}
			fmt.Fprintf(w, page, root)
		}))
		defer srv.Close()
		b := offline(srv.URL)
		defer b.Close()
		if _, err := listParts(t, b); !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: ListParts: %v, want ErrUnavailable", what, err)
		}
		for u, err := range resume.Uploads(t.Context(), b, "") {
			if !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("%s: ListUploads: %+v, %v, want ErrUnavailable", what, u, err)
			}
		}
	}
}
