package gcs

import (
	"context"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// ListUploads implements driver.PartUploader. The service doesn't list resumable
// sessions, which a Put with a condition uses; it removes them after a week.
func (b *backend) ListUploads(ctx context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		q := url.Values{"uploads": {""}, "encoding-type": {"url"}}
		if prefix != "" {
			q.Set("prefix", prefix)
		}
		for {
			var page struct {
				XMLName            xml.Name
				EncodingType       string
				IsTruncated        bool
				NextKeyMarker      string
				NextUploadIdMarker string
				Uploads            []struct {
					Key       string
					UploadId  string
					Initiated string
				} `xml:"Upload"`
			}
			u := b.content("")
			u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
			c := &call{
				op:     opList,
				method: "GET",
				url:    u,
				query:  q,
				header: http.Header{},
			}
			if err := b.getXML(ctx, c, "ListMultipartUploadsResult", &page); err != nil {
				yield(driver.UnfinishedUpload{}, err)
				return
			}
			decode := func(s string) string {
				if d, err := url.QueryUnescape(s); err == nil && page.EncodingType == "url" {
					return d
				}
				return s
			}
			for _, p := range page.Uploads {
				key := decode(p.Key)
				if !strings.HasPrefix(key, prefix) || p.UploadId == "" {
					continue
				}
				t, _ := time.Parse(time.RFC3339Nano, p.Initiated) // zero if unknown
				if !yield(driver.UnfinishedUpload{
					Name: key,
					ID:   p.UploadId,
					Time: t.UTC(),
					Size: -1,
				}, nil) {
					return
				}
			}
			if !page.IsTruncated {
				return
			}
			key, id := decode(page.NextKeyMarker), page.NextUploadIdMarker
			if key == q.Get("key-marker") && id == q.Get("upload-id-marker") {
				yield(driver.UnfinishedUpload{}, driver.Errorf(files.ErrUnavailable,
					"the service lists uploads without an end"))
				return
			}
			q.Set("key-marker", key)
			q.Set("upload-id-marker", id)
		}
	}
}
