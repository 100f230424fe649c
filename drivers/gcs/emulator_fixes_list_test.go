package gcs

import (
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// list returns the parts of an upload, two on a page:
// https://cloud.google.com/storage/docs/xml-api/get-object-multipart
func (u *xmlStored) list(w http.ResponseWriter, q url.Values) {
	after, _ := strconv.Atoi(q.Get("part-number-marker"))
	var numbers []int
	for n := range u.parts {
		if i, _ := strconv.Atoi(n); i > after {
			numbers = append(numbers, i)
		}
	}
	slices.Sort(numbers)
	more := len(numbers) > 2
	numbers = numbers[:min(2, len(numbers))]
	fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><ListPartsResult>"+
		"<IsTruncated>%t</IsTruncated>", more)
	for _, n := range numbers {
		p := u.parts[strconv.Itoa(n)]
		fmt.Fprintf(w, "<Part><PartNumber>%d</PartNumber><ETag>&quot;%x&quot;</ETag>"+
			"<Size>%d</Size></Part>", n, crc32.Checksum(p, castagnoli), len(p))
	}
	io.WriteString(w, "</ListPartsResult>")
}

// listXML returns the unfinished uploads of a bucket, one on a page:
// https://cloud.google.com/storage/docs/xml-api/get-bucket-uploads
func (d *documented) listXML(w http.ResponseWriter, bucket string, q url.Values) {
	type upload struct{ key, id string }
	var all []upload
	for _, id := range slices.Sorted(maps.Keys(d.xml)) {
		u := d.xml[id]
		if u.target.bucket == bucket && strings.HasPrefix(u.target.object, q.Get("prefix")) {
			all = append(all, upload{u.target.object, id})
		}
	}
	slices.SortStableFunc(all, func(a, b upload) int { return strings.Compare(a.key, b.key) })
	key, id := q.Get("key-marker"), q.Get("upload-id-marker")
	for len(all) > 0 && (all[0].key < key || all[0].key == key && all[0].id <= id) {
		all = all[1:]
	}
	escape := func(s string) string {
		var b strings.Builder
		xml.EscapeText(&b, []byte(url.QueryEscape(s)))
		return b.String()
	}
	fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><ListMultipartUploadsResult>"+
		"<EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>", len(all) > 1)
	for _, u := range all[:min(1, len(all))] {
		fmt.Fprintf(w, "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>"+
			"2026-11-29T12:00:00.123Z</Initiated></Upload><NextKeyMarker>%s</NextKeyMarker>"+
			"<NextUploadIdMarker>%s</NextUploadIdMarker>", escape(u.key), u.id, escape(u.key), u.id)
	}
	io.WriteString(w, "</ListMultipartUploadsResult>")
}
