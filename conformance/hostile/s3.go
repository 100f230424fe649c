package hostile

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// S3 is Amazon S3 and the stores that speak its protocol, with path-style URLs.
var S3 = &Service{
	Name:  "S3",
	Store: newS3Store,
	Kind:  s3Kind,
	Refusal: func(_ *http.Request, status int, code, message string) (http.Header, string) {
		return s3Refusal(status, code, message)
	},
	Words: Words{
		Internal:     "InternalError",
		SlowDown:     "SlowDown",
		Denied:       "AccessDenied",
		Precondition: "PreconditionFailed",
		NoSuchKey:    "NoSuchKey",
		Range:        "InvalidRange",
	},
	ReadPage:  readS3Page,
	WritePage: s3Page,
	Versions:  []string{"ETag"},
	Pins:      []string{"If-Match"},
	Document:  "application/xml",
	Markup:    XML,
	BareHead:  true,
	Ways:      s3Ways,
}

func s3Kind(r *http.Request) Kind {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	switch {
	case key == "" && q.Has("list-type"):
		return List
	case key == "" && q.Has("delete"):
		return DeleteMany
	case key == "", q.Has("tagging"):
		return Other
	case q.Has("uploads"):
		return Begin
	case q.Has("uploadId") && r.Method == http.MethodPut:
		return Part
	case q.Has("uploadId") && r.Method == http.MethodPost:
		return Commit
	case q.Has("uploadId"):
		return Other
	}
	switch r.Method {
	case http.MethodGet:
		return Read
	case http.MethodHead:
		return Head
	case http.MethodDelete:
		return Delete
	case http.MethodPut:
		if copies {
			return Copy
		}
		return Write
	}
	return Other
}

func s3Refusal(_ int, code, message string) (http.Header, string) {
	return http.Header{"Content-Type": {"application/xml"}}, xml.Header + "<Error><Code>" +
		xmlText(code) + "</Code><Message>" + xmlText(message) +
		"</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"
}

type s3Listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextContinuationToken string
	Contents              []struct {
		Key, ETag, LastModified string
		Size                    int64
	}
	CommonPrefixes []struct{ Prefix string }
}

func readS3Page(r *http.Request, body []byte) (p Page, err error) {
	var l s3Listing
	if err := xml.Unmarshal(body, &l); err != nil {
		return p, fmt.Errorf("not a page: %w", err)
	}
	plain := func(s string) string {
		s, _ = url.QueryUnescape(s)
		return s
	}
	p = Page{
		Prefix:  r.URL.Query().Get("prefix"),
		Shallow: r.URL.Query().Get("delimiter") != "",
		More:    l.IsTruncated,
		Token:   l.NextContinuationToken,
	}
	for _, c := range l.Contents {
		p.Entries = append(p.Entries, PageEntry{
			Name:    plain(c.Key),
			Size:    c.Size,
			Version: c.ETag,
			Time:    c.LastModified,
		})
	}
	for _, c := range l.CommonPrefixes {
		p.Entries = append(p.Entries, PageEntry{Name: plain(c.Prefix)})
	}
	return p, nil
}

func s3Page(p Page) (contentType, body string) {
	var b strings.Builder
	b.WriteString(xml.Header + "<ListBucketResult " + s3Space + "><Name>bucket</Name>")
	element := func(name, value string) {
		b.WriteString("<" + name + ">" + xmlText(value) + "</" + name + ">")
	}
	element("EncodingType", "url")
	element("Prefix", url.QueryEscape(p.Prefix))
	if p.Shallow {
		element("Delimiter", "/")
	}
	element("IsTruncated", strconv.FormatBool(p.More))
	if p.Token != "" {
		element("NextContinuationToken", p.Token)
	}
	for _, e := range p.Entries {
		if e.dir() {
			b.WriteString("<CommonPrefixes>")
			element("Prefix", url.QueryEscape(e.Name))
			b.WriteString("</CommonPrefixes>")
			continue
		}
		b.WriteString("<Contents>")
		element("Key", url.QueryEscape(e.Name))
		element("LastModified", e.Time)
		element("ETag", e.Version)
		element("Size", strconv.FormatInt(e.Size, 10))
		b.WriteString("</Contents>")
	}
	b.WriteString("</ListBucketResult>")
	return "application/xml", b.String()
}

// s3Ways are the ways that only S3's protocol has.
var s3Ways = []Way{
	pages("more, and no token", "the listing can't go on",
		func(_ *Exchange, p *Page) { p.More, p.Token = true, "" }),
	{
		Name: "a permanent redirect with another endpoint",
		Why: "S3 names another region's endpoint in this way; nothing may be sent to a host " +
			"that isn't AWS's",
		Do: func(x *Exchange) {
			x.Send(&Answer{
				Status: 301,
				Header: http.Header{
					"Content-Type": {"application/xml"},
					"Location":     {x.Elsewhere()},
				},
				Body: []byte("<Error><Code>PermanentRedirect</Code><Endpoint>" +
					strings.TrimPrefix(x.Elsewhere(), "http://") + "</Endpoint></Error>"),
			})
		},
	},
	{
		Name: "deletes that tell of other names",
		Why:  "a name that the response doesn't have isn't deleted (D3)",
		Do: func(x *Exchange) {
			if x.Kind != DeleteMany {
				x.Pass()
				return
			}
			x.Send(x.document("<DeleteResult><Deleted><Key>other</Key></Deleted></DeleteResult>"))
		},
	},
	{
		Name:  "deletes that failed, in a success",
		Why:   "each name in a response has its own outcome; a quiet one leaves out the others",
		Blind: []string{"delete of a directory"},
		Do: func(x *Exchange) {
			if x.Kind != DeleteMany {
				x.Pass()
				return
			}
			var b strings.Builder
			for _, name := range []string{"dir/a", "dir/b"} {
				b.WriteString("<Error><Key>" + name + "</Key><Code>AccessDenied</Code></Error>")
			}
			x.Send(x.document("<DeleteResult>" + b.String() + "</DeleteResult>"))
		},
	},
}
