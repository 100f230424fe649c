package main

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// s3Names lists millions of names that are computed, by the S3 API. Servers that keep
// files in folders read a whole directory for each page, so with many names they
// measure themselves. Nothing but listing works, in both versions.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
type s3Names struct{}

// startS3Names starts the server.
func startS3Names() (target, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return target{}, nil, err
	}
	srv := &http.Server{Handler: s3Names{}}
	go srv.Serve(l)
	endpoint := "http://" + l.Addr().String()
	return target{
		Service:   "s3",
		Name:      "a server in memory",
		Endpoint:  endpoint,
		URL:       "s3://bench?region=us-east-1&endpoint=" + url.QueryEscape(endpoint),
		Bucket:    "bench",
		Region:    "us-east-1",
		AccessKey: "bench",
		SecretKey: "bench-secret",
		Env: map[string]string{
			"AWS_ACCESS_KEY_ID":     "bench",
			"AWS_SECRET_ACCESS_KEY": "bench-secret",
		},
	}, func() { srv.Close() }, nil
}

// namesDirs is how many directories the files of a listing are in.
const namesDirs = 100

// namesDir returns the directory of n files, which are named by fileOf.
func namesDir(n int) string { return fmt.Sprintf("names-%d", n) }

// fileOf returns the i-th name of namesDir(n), in order.
func fileOf(n, i int) string {
	each := (n + namesDirs - 1) / namesDirs
	return fmt.Sprintf("%s/%02d/%07d", namesDir(n), i/each, i)
}

func (s s3Names) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "application/xml")
	if r.Method != http.MethodGet || strings.Trim(r.URL.Path, "/") != "bench" {
		w.WriteHeader(http.StatusNotImplemented)
		io.WriteString(w, `<Error><Code>NotImplemented</Code>`+
			`<Message>Only listings are implemented.</Message></Error>`)
		return
	}
	var n int
	fmt.Sscanf(q.Get("prefix"), "names-%d/", &n) // another prefix has no names
	after := q.Get("start-after") + q.Get("marker")
	if p, err := base64.StdEncoding.DecodeString(q.Get("continuation-token")); len(p) > 0 {
		if err != nil {
			http.Error(w, "bad token", http.StatusBadRequest)
			return
		}
		after = string(p)
	}
	keys := 1000
	if m, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		keys = min(keys, m)
	}
	w.Write(s.page(n, q.Get("prefix"), after, q.Get("delimiter"), keys))
}

// page returns the response with at most keys of n names.
func (s3Names) page(n int, prefix, after, delimiter string, keys int) []byte {
	var b strings.Builder
	const head = `<?xml version="1.0" encoding="UTF-8"?>` +
		`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name>`
	b.WriteString(head + "<Prefix>")
	xml.EscapeText(&b, []byte(prefix))
	fmt.Fprintf(&b, "</Prefix><Delimiter>%s</Delimiter><MaxKeys>%d</MaxKeys>", delimiter, keys)
	past := func(from, i int, beyond func(name string) bool) int {
		return from + sort.Search(i-from, func(k int) bool { return beyond(fileOf(n, from+k)) })
	}
	i := past(0, n, func(name string) bool {
		return name >= prefix && name > after &&
			(delimiter == "" || !strings.HasSuffix(after, delimiter) ||
				!strings.HasPrefix(name, after))
	})
	count, last := 0, ""
	for ; i < n && count < keys; count++ {
		name := fileOf(n, i)
		if !strings.HasPrefix(name, prefix) {
			i = n
			break
		}
		last = name
		k := -1
		if delimiter != "" {
			k = strings.Index(name[len(prefix):], delimiter)
		}
		if k >= 0 {
			last = name[:len(prefix)+k+len(delimiter)]
			fmt.Fprintf(&b, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", last)
			i = past(i, n, func(name string) bool { return !strings.HasPrefix(name, last) })
			continue
		}
		fmt.Fprintf(&b, "<Contents><Key>%s</Key>"+
			"<LastModified>2026-11-01T12:30:00.%03dZ</LastModified>"+
			"<ETag>&quot;%032x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass>"+
			"</Contents>", name, i%1000, i, i%100_000)
		i++
	}
	more := i < n && strings.HasPrefix(fileOf(n, i), prefix)
	fmt.Fprintf(&b, "<KeyCount>%d</KeyCount><IsTruncated>%t</IsTruncated>", count, more)
	if more {
		fmt.Fprintf(&b, "<NextContinuationToken>%s</NextContinuationToken>"+
			"<NextMarker>%s</NextMarker>", base64.StdEncoding.EncodeToString([]byte(last)), last)
	}
	b.WriteString("</ListBucketResult>")
	return []byte(b.String())
}
