package hostile

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
)

// GCS is Google Cloud Storage, by its JSON API and, for content, its XML API.
var GCS = &Service{
	Name:    "GCS",
	Store:   newGCSStore,
	Kind:    gcsKind,
	Refusal: gcsRefusal,
	Words: Words{
		Internal:     "internalError",
		SlowDown:     "backendError",
		Denied:       "forbidden",
		Precondition: "conditionNotMet",
		NoSuchKey:    "notFound",
		Range:        "requestedRangeNotSatisfiable",
	},
	ReadPage:  readGCSPage,
	WritePage: gcsPage,
	Versions:  []string{"X-Goog-Generation", "ETag"},
	Pins:      []string{"X-Goog-If-Generation-Match", "generation", "ifGenerationMatch"},
	Document:  "application/json; charset=UTF-8",
	Markup:    JSON,
	Ways:      gcsWays,
}

func gcsKind(r *http.Request) Kind {
	q := r.URL.Query()
	_, name, isObject := strings.Cut(r.URL.Path, "/o")
	name = strings.TrimPrefix(name, "/")
	switch {
	case strings.HasPrefix(r.URL.Path, gcsUploads):
		span := r.Header.Get("Content-Range")
		switch {
		case q.Get("upload_id") == "" && q.Get("uploadType") == "resumable":
			return Begin
		case q.Get("upload_id") == "":
			return Write
		case r.Method != http.MethodPut:
			return Other
		case strings.HasSuffix(span, "/*"):
			return Part
		}
		return Commit
	case !strings.HasPrefix(r.URL.Path, gcsObjects) && r.Method == http.MethodHead:
		return Head
	case !strings.HasPrefix(r.URL.Path, gcsObjects):
		return Read
	case !isObject:
		return Other
	case strings.Contains(name, "/rewriteTo/"):
		return Copy
	case r.Method == http.MethodDelete:
		return Delete
	case r.Method != http.MethodGet:
		return Other
	case name == "":
		return List
	case q.Get("alt") == "media":
		return Read
	}
	return Head
}

// gcsCodes has the XML API's code for each of the JSON API's.
var gcsCodes = map[string]string{
	"internalError":                "InternalError",
	"backendError":                 "ServiceUnavailable",
	"forbidden":                    "AccessDenied",
	"conditionNotMet":              "PreconditionFailed",
	"notFound":                     "NoSuchKey",
	"requestedRangeNotSatisfiable": "InvalidRange",
}

func gcsRefusal(r *http.Request, status int, code, message string) (http.Header, string) {
	if k := gcsKind(r); k == Read {
		if c := gcsCodes[code]; c != "" {
			code = c
		}
		return http.Header{"Content-Type": {"application/xml; charset=UTF-8"}}, xml.Header +
			"<Error><Code>" + xmlText(code) + "</Code><Message>" + xmlText(message) +
			"</Message></Error>"
	}
	type detail struct {
		Domain  string `json:"domain"`
		Reason  string `json:"reason,omitempty"`
		Message string `json:"message"`
	}
	text, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code":    status,
		"message": message,
		"errors":  []detail{{"global", code, message}},
	}})
	return http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, string(text)
}

type gcsListing struct {
	Kind  string    `json:"kind"`
	Next  string    `json:"nextPageToken,omitempty"`
	Dirs  []string  `json:"prefixes,omitempty"`
	Items []gcsItem `json:"items,omitempty"`
}

type gcsItem struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Size       string `json:"size"`
	Generation string `json:"generation"`
	Updated    string `json:"updated"`
}

func readGCSPage(r *http.Request, body []byte) (p Page, err error) {
	var l gcsListing
	if err := json.Unmarshal(body, &l); err != nil {
		return p, err
	}
	q := r.URL.Query()
	p = Page{
		Prefix:  q.Get("prefix"),
		Shallow: q.Get("delimiter") != "",
		More:    l.Next != "",
		Token:   l.Next,
	}
	for _, i := range l.Items {
		size, _ := strconv.ParseInt(i.Size, 10, 64)
		p.Entries = append(p.Entries, PageEntry{
			Name:    i.Name,
			Size:    size,
			Version: i.Generation,
			Time:    i.Updated,
		})
	}
	for _, dir := range l.Dirs {
		p.Entries = append(p.Entries, PageEntry{Name: dir})
	}
	return p, nil
}

func gcsPage(p Page) (contentType, body string) {
	l := gcsListing{Kind: "storage#objects", Next: p.Token}
	for _, e := range p.Entries {
		if e.dir() {
			l.Dirs = append(l.Dirs, e.Name)
			continue
		}
		l.Items = append(l.Items, gcsItem{
			Kind:       "storage#object",
			Name:       e.Name,
			Size:       strconv.FormatInt(e.Size, 10),
			Generation: e.Version,
			Updated:    e.Time,
		})
	}
	text, _ := json.Marshal(l)
	return "application/json; charset=UTF-8", string(text)
}

// session responds to the beginning of an upload in parts with that location.
func session(name, why string, location func(x *Exchange) string) Way {
	return Way{
		Name:  name,
		Why:   why,
		Kinds: []Kind{Begin},
		Do: func(x *Exchange) {
			a := x.Truth()
			if a.Header.Del("Location"); location(x) != "" {
				a.Header.Set("Location", location(x))
			}
			x.Send(a)
		},
	}
}

// gcsWays are the ways that only GCS's protocol has.
var gcsWays = []Way{
	session("a session on another host", "it would get the token and the content",
		func(x *Exchange) string {
			return x.Elsewhere() + x.Request.URL.Path + "?uploadType=resumable&upload_id=1"
		}),
	session("a session without a host", "not a URL of this service",
		func(x *Exchange) string { return "/upload?upload_id=1" }),
	session("a session in a file", "not a URL of this service",
		func(x *Exchange) string { return "file:///etc/hostname" }),
	session("no session", "a 200 without a location", func(*Exchange) string { return "" }),
	{
		Name:  "a session that has nothing",
		Why:   "308 without a Range, for ever",
		Kinds: []Kind{Part, Commit},
		Do:    plainly(308, http.Header{}, ""),
	},
	{
		Name:  "a session that has more than was sent",
		Why:   "308 with an impossible Range",
		Kinds: []Kind{Part, Commit},
		Do:    plainly(308, http.Header{"Range": {"bytes=0-99999999999"}}, ""),
	},
	{
		Name:  "a session that keeps one byte more each time",
		Why:   "it would go on without an end",
		Kinds: []Kind{Part, Commit},
		Do: func(x *Exchange) {
			h := http.Header{"Range": {"bytes=0-" + strconv.Itoa(x.N)}}
			x.Send(&Answer{Status: 308, Header: h})
		},
		Always:   true,
		Requests: 8,
	},
	{
		Name:  "a copy that is never done",
		Why:   "each response has another token",
		Kinds: []Kind{Copy},
		Do: func(x *Exchange) {
			x.Send(x.document(`{"kind":"storage#rewriteResponse","done":false,"rewriteToken":"t` +
				strconv.Itoa(x.N) + `","totalBytesRewritten":"0","objectSize":"49152"}`))
		},
		Always:   true,
		Requests: 8,
	},
	{
		Name:  "a copy that is never done, with one token",
		Why:   "it would go on without an end",
		Kinds: []Kind{Copy},
		Do: func(x *Exchange) {
			x.Send(x.document(`{"kind":"storage#rewriteResponse","done":false,"rewriteToken":"t",` +
				`"totalBytesRewritten":"0","objectSize":"49152"}`))
		},
		Always:   true,
		Requests: 8,
	},
	{
		Name:  "a resource of another object",
		Why:   "the JSON has the name",
		Kinds: []Kind{Head},
		Do: func(x *Exchange) {
			a, ok := x.Twin()
			if !ok {
				a = x.Truth()
			}
			x.Send(a)
		},
	},
}
