package fileshttp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Forms signs and accepts upload forms, for buckets whose service doesn't. It is a
// driver.PostSigner and an http.Handler. It is safe for concurrent use; its fields must
// not change while it is in use.
//
// ServeHTTP compares a form with its signed policy: the name, every field and its
// value, the time, and the content's size while it arrives. If anything differs,
// nothing is stored and the response is 403, or 400 for the size and for a body that
// isn't a form.
type Forms struct {
	// Bucket is the bucket that stores the files.
	Bucket files.Bucket
	// Secret is the signing key. Everybody who has it can sign forms.
	Secret []byte
	// URL is the URL at which this handler is served, to which forms are sent.
	URL string
	// MaxSize, if not 0, is the largest content that is accepted, in bytes, whatever
	// was signed.
	MaxSize int64
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// OnError, if not nil, is called with the error of each refused or failed request.
	OnError func(r *http.Request, err error)
}

// The limits of the fields before the content.
const (
	maxFormFields = 100
	maxFormBytes  = 64 << 10
)

// The names of fields.
const (
	fieldKey       = "key"
	fieldPolicy    = "policy"
	fieldSignature = "signature"
	fieldFile      = "file"
	fieldType      = "Content-Type"
)

// formPolicy is the signed policy of a form.
type formPolicy struct {
	Expires  int64             `json:"expires"` // Unix seconds
	Name     string            `json:"name"`
	Below    bool              `json:"below,omitempty"`
	MinSize  int64             `json:"minSize"`
	MaxSize  int64             `json:"maxSize"`
	Type     string            `json:"type,omitempty"`
	Redirect string            `json:"redirect,omitempty"`
	Status   int               `json:"status"`
	Fields   map[string]string `json:"fields"` // must be sent unchanged
	files.Attributes
}

func (f *Forms) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// SignPost signs a form. It expects options that package driver has checked. The expiry
// is truncated to whole seconds.
func (f *Forms) SignPost(name string, o driver.PostOptions) (driver.PostForm, error) {
	expires := f.now().UTC().Add(o.Expiry).Truncate(time.Second)
	p := formPolicy{
		Expires:    expires.Unix(),
		Name:       name,
		Below:      o.Below,
		MinSize:    o.MinSize,
		MaxSize:    o.MaxSize,
		Type:       o.ContentType,
		Redirect:   o.Redirect,
		Status:     o.Status,
		Attributes: o.Attributes,
		Fields:     map[string]string{},
	}
	fields := map[string]string{fieldKey: name}
	if o.Below {
		fields[fieldKey] = name + "/" + driver.FormFileName
	} else {
		p.Fields[fieldKey] = name
	}
	if o.ContentType != "" && !strings.HasSuffix(o.ContentType, "/") {
		fields[fieldType], p.Fields[fieldType] = o.ContentType, o.ContentType
	}
	text, err := json.Marshal(p)
	if err != nil {
		return driver.PostForm{}, err
	}
	fields[fieldPolicy] = base64.StdEncoding.EncodeToString(text)
	fields[fieldSignature] = f.signature(fields[fieldPolicy])
	return driver.PostForm{URL: f.URL, Fields: fields, Expires: expires}, nil
}

func (f *Forms) signature(policy string) string {
	mac := hmac.New(sha256.New, f.Secret)
	fmt.Fprintf(mac, "form %q", policy) // no other signed text begins with "form "
	return hex.EncodeToString(mac.Sum(nil))
}

// refusal is an error with the status of the response.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refused(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// ServeHTTP accepts a form: a POST of multipart/form-data.
func (f *Forms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "fileshttp: a form is sent by POST", http.StatusMethodNotAllowed)
		return
	}
	p, name, err := f.take(r)
	if err != nil {
		if f.OnError != nil {
			f.OnError(r, err)
		}
		status, text := Status(err), ""
		if own, ok := errors.AsType[*refusal](err); ok {
			status, text = own.status, own.text
		} else {
			text = http.StatusText(status)
		}
		http.Error(w, "fileshttp: the form: "+text, status)
		return
	}
	if p.Redirect == "" {
		w.WriteHeader(p.Status)
		return
	}
	u, err := url.Parse(p.Redirect)
	if err != nil { // it was signed so
		w.WriteHeader(http.StatusNoContent)
		return
	}
	q := u.Query()
	q.Set(fieldKey, name)
	u.RawQuery = q.Encode()
	w.Header().Set("Location", u.String())
	w.WriteHeader(http.StatusSeeOther)
}

// take stores the content of a form.
func (f *Forms) take(r *http.Request) (*formPolicy, string, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, "", refused(http.StatusBadRequest, "the body is not multipart/form-data")
	}
	fields, file, err := readFields(form)
	if err != nil {
		return nil, "", err
	}
	p, name, err := f.verify(fields, file)
	if err != nil {
		return nil, "", err
	}
	max := p.MaxSize
	if f.MaxSize > 0 {
		max = min(max, f.MaxSize)
	}
	content := &sized{
		r:   file,
		min: p.MinSize,
		max: max,
	}
	o := &files.PutOptions{Attributes: p.Attributes}
	if o.ContentType = fields[fieldType]; o.ContentType == "" {
		o.ContentType = "binary/octet-stream" // so that it isn't found by the content (P6)
	}
	if _, err := f.Bucket.Put(r.Context(), name, content, o); err != nil {
		return nil, "", err
	}
	return p, name, nil
}

// readFields reads the fields before the content.
func readFields(form *multipart.Reader) (map[string]string, *multipart.Part, error) {
	fields := map[string]string{}
	left := int64(maxFormBytes)
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil, nil, refused(http.StatusBadRequest, "the field file is missing")
		}
		if err != nil {
			return nil, nil, refused(http.StatusBadRequest, "the body is broken")
		}
		name := part.FormName()
		if name == fieldFile {
			return fields, part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, refused(http.StatusBadRequest, "the body is broken")
		}
		if left -= int64(len(text) + len(name)); left < 0 || len(fields) == maxFormFields {
			return nil, nil, refused(http.StatusBadRequest, "there are too many fields")
		}
		if strings.EqualFold(name, fieldType) {
			name = fieldType
		}
		if _, ok := fields[name]; ok {
			return nil, nil, refused(http.StatusForbidden, "it has a field twice")
		}
		fields[name] = string(text)
	}
}

// verify checks the policy's signature and the fields, and returns the file's name.
func (f *Forms) verify(fields map[string]string, file *multipart.Part) (*formPolicy, string,
	error) {
	p := &formPolicy{}
	policy, signed := fields[fieldPolicy], fields[fieldSignature]
	switch text, err := base64.StdEncoding.DecodeString(policy); {
	case policy == "" || !hmac.Equal([]byte(f.signature(policy)), []byte(signed)):
		return nil, "", refused(http.StatusForbidden, "it has no policy that was signed here")
	case err != nil || json.Unmarshal(text, p) != nil:
		return nil, "", refused(http.StatusForbidden, "its policy is broken")
	case f.now().Unix() > p.Expires:
		return nil, "", refused(http.StatusForbidden, "it has expired")
	}
	extra := maps.Clone(fields)
	delete(extra, fieldPolicy)
	delete(extra, fieldSignature)
	for k, want := range p.Fields {
		if got, ok := extra[k]; !ok || got != want {
			return nil, "", refused(http.StatusForbidden, "the field %s isn't as it was signed", k)
		}
		delete(extra, k)
	}
	if strings.HasSuffix(p.Type, "/") && strings.HasPrefix(extra[fieldType], p.Type) {
		delete(extra, fieldType)
	} else if strings.HasSuffix(p.Type, "/") {
		return nil, "", refused(http.StatusForbidden, "the content type isn't %s…", p.Type)
	}
	name := p.Name
	if p.Below {
		name = strings.ReplaceAll(extra[fieldKey], driver.FormFileName, fileName(file))
		if !strings.HasPrefix(name, p.Name+"/") || files.CheckName(name) != nil {
			return nil, "", refused(http.StatusForbidden, "the key isn't a name in the directory")
		}
		delete(extra, fieldKey)
	}
	if len(extra) > 0 {
		return nil, "", refused(http.StatusForbidden, "it has fields that weren't signed")
	}
	return p, name, nil
}

// fileName returns the browser's name of the file, without the folder that some
// browsers send.
func fileName(file *multipart.Part) string {
	return path.Base(strings.ReplaceAll(file.FileName(), `\`, "/"))
}

// sized fails if there is more or less to read than allowed.
type sized struct {
	r        io.Reader
	n        int64
	min, max int64
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	switch {
	case s.n > s.max:
		return 0, refused(http.StatusBadRequest, "the content is longer than %d bytes", s.max)
	case err == io.EOF && s.n < s.min:
		return 0, refused(http.StatusBadRequest, "the content is shorter than %d bytes", s.min)
	}
	return n, err
}
