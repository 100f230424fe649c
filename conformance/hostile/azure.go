package hostile

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
)

// Azure is Azure Blob Storage, with the container as the path's first element.
var Azure = &Service{
	Name:    "Azure",
	Store:   newAzureStore,
	Kind:    azureKind,
	Refusal: azureRefusal,
	Words: Words{
		Internal:     "InternalError",
		SlowDown:     "ServerBusy",
		Denied:       "AuthorizationPermissionMismatch",
		Precondition: "ConditionNotMet",
		NoSuchKey:    "BlobNotFound",
		Range:        "InvalidRange",
	},
	ReadPage:  readAzurePage,
	WritePage: azurePage,
	Versions:  []string{"ETag"},
	Pins:      []string{"If-Match"},
	Document:  "application/xml",
	Markup:    XML,
	Ways:      azureWays,
}

func azureKind(r *http.Request) Kind {
	_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	comp := r.URL.Query().Get("comp")
	switch {
	case name == "" && comp == "list":
		return List
	case name == "" && comp == "batch":
		return DeleteMany
	case name == "":
		return Other
	case comp == "block":
		return Part
	case comp == "blocklist" && r.Method == http.MethodPut:
		return Commit
	case comp != "":
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
		if r.Header.Get("X-Ms-Copy-Source") != "" {
			return Copy
		}
		return Write
	}
	return Other
}

func azureRefusal(_ *http.Request, _ int, code, message string) (http.Header, string) {
	h := http.Header{
		"Content-Type":    {"application/xml"},
		"X-Ms-Request-Id": {"5f0c0b1e-501e-0000-0000-000000000000"},
	}
	if code != "" {
		h["X-Ms-Error-Code"] = []string{code}
	}
	return h, xml.Header + "<Error><Code>" + xmlText(code) + "</Code><Message>" +
		xmlText(message) + "</Message></Error>"
}

type azureListing struct {
	XMLName    xml.Name `xml:"EnumerationResults"`
	NextMarker string
	Blobs      struct {
		Blob []struct {
			Name       string
			Properties struct {
				Modified string `xml:"Last-Modified"`
				Etag     string
				Length   int64 `xml:"Content-Length"`
			}
		}
		BlobPrefix []struct{ Name string }
	}
}

func readAzurePage(r *http.Request, body []byte) (p Page, err error) {
	var l azureListing
	if err := xml.Unmarshal(body, &l); err != nil {
		return p, err
	}
	q := r.URL.Query()
	p = Page{
		Prefix:  q.Get("prefix"),
		Shallow: q.Get("delimiter") != "",
		More:    l.NextMarker != "",
		Token:   l.NextMarker,
	}
	for _, b := range l.Blobs.Blob {
		p.Entries = append(p.Entries, PageEntry{
			Name:    b.Name,
			Size:    b.Properties.Length,
			Version: b.Properties.Etag,
			Time:    b.Properties.Modified,
		})
	}
	for _, b := range l.Blobs.BlobPrefix {
		p.Entries = append(p.Entries, PageEntry{Name: b.Name})
	}
	return p, nil
}

func azurePage(p Page) (contentType, body string) {
	var b strings.Builder
	b.WriteString(xml.Header + `<EnumerationResults ServiceEndpoint="" ContainerName="c">`)
	element := func(name, value string) {
		b.WriteString("<" + name + ">" + xmlText(value) + "</" + name + ">")
	}
	element("Prefix", p.Prefix)
	if p.Shallow {
		element("Delimiter", "/")
	}
	b.WriteString("<Blobs>")
	for _, e := range p.Entries {
		if e.dir() {
			b.WriteString("<BlobPrefix>")
			element("Name", e.Name)
			b.WriteString("</BlobPrefix>")
			continue
		}
		b.WriteString("<Blob>")
		element("Name", e.Name)
		b.WriteString("<Properties>")
		element("Last-Modified", e.Time)
		element("Etag", e.Version)
		element("Content-Length", strconv.FormatInt(e.Size, 10))
		b.WriteString("<BlobType>BlockBlob</BlobType></Properties></Blob>")
	}
	b.WriteString("</Blobs>")
	element("NextMarker", p.Token)
	b.WriteString("</EnumerationResults>")
	return "application/xml", b.String()
}

// azureWays are the ways that only Azure's protocol has.
var azureWays = []Way{
	{
		Name: "four conflicts that aren't about what exists",
		Why:  "409 has many reasons, and BlobAlreadyExists is one",
		Do: func(x *Exchange) {
			codes := []string{
				"SnapshotsPresent", "BlobBeingRehydrated", "LeaseAlreadyPresent", "InvalidBlobType",
			}
			x.Refuse(409, codes[(x.N-1)%len(codes)])
		},
		Kinds: []Kind{Write, Commit, Copy, Delete, Part},
	},
	{
		Name:  "a batch of other parts",
		Why:   "a name that no part of the response matches isn't deleted (D3)",
		Kinds: []Kind{DeleteMany},
		Do: func(x *Exchange) {
			x.Send(&Answer{
				Status: 202,
				Header: http.Header{"Content-Type": {"multipart/mixed; boundary=b"}},
				Body: []byte("--b\r\nContent-Type: application/http\r\nContent-ID: 99\r\n\r\n" +
					"HTTP/1.1 202 Accepted\r\nx-ms-version: 2020-01-01\r\n\r\n\r\n--b--\r\n"),
			})
		},
	},
	{
		Name:  "a batch of nothing",
		Why:   "a name that the response leaves out isn't deleted (D3)",
		Kinds: []Kind{DeleteMany},
		Do: plainly(202, http.Header{"Content-Type": {"multipart/mixed; boundary=b"}},
			"--b--\r\n"),
	},
	{
		Name:  "a batch without a boundary",
		Why:   "the parser must not panic",
		Kinds: []Kind{DeleteMany},
		Do:    plainly(202, http.Header{"Content-Type": {"multipart/mixed"}}, "--b--\r\n"),
	},
}
