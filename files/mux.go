package files

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Scheme is what a driver registers: how to open URLs of one scheme.
type Scheme struct {
	// Name is the URL's scheme, in lower case: "file".
	Name string
	// Package is the import path that registers it.
	Package string
	// Example is a URL as a user would write it: "file:///var/lib/app?create_dir=1".
	Example string
	// Params are the query parameters that Open knows. "prefix" and "key" are known for
	// every scheme and never reach Open.
	Params []Param
	// AnyParam allows parameters that Params doesn't have: Open checks them itself.
	AnyParam bool
	// Open opens the bucket. It makes no request (U3).
	Open func(ctx context.Context, u *url.URL) (Bucket, error)
}

// Param documents a query parameter.
type Param struct {
	Name string `json:"name"`
	// Values shows what the value may be: "full|none", "path", "1".
	Values string `json:"values"`
	// Doc says what the parameter does.
	Doc string `json:"doc"`
	// Public says that a correct value is not a secret, such as an endpoint or an
	// account's name: logs and errors show it unless it looks like a key. Numbers, and
	// values that are listed in Values, are always shown.
	Public bool `json:"public,omitempty"`
}

// Mux opens URLs by their scheme. The zero Mux knows no scheme. It is safe for
// concurrent use.
type Mux struct {
	mu       sync.RWMutex
	schemes  map[string]Scheme
	fallback []func(scheme string) (Scheme, bool)
}

var defaultMux Mux

// DefaultMux is the Mux of Open, in which drivers register their schemes.
func DefaultMux() *Mux { return &defaultMux }

// Open opens the bucket that the URL names, with the drivers that the program imports:
//
//	import _ "cloudfiles.dev/drivers/local"
//	b, err := files.Open(ctx, os.Getenv("FILES_URL"))
//
// The parameters prefix=p, a raw prefix of every name, and key=k, which narrows the
// bucket to the one file k, work on every scheme (U2). Opening makes no request (U3);
// use Check for that.
//
// Errors: ErrInvalid for an empty or malformed URL, and for an unknown scheme or
// parameter; whatever else the driver finds, such as ErrNoBucket for a missing folder.
// The text shows no secret.
func Open(ctx context.Context, rawURL string) (Bucket, error) {
	return defaultMux.Open(ctx, rawURL)
}

// Register makes the Mux know a scheme. It panics if the scheme is incomplete or
// registered already.
func (m *Mux) Register(s Scheme) {
	if s.Name == "" || s.Open == nil || s.Name != strings.ToLower(s.Name) {
		panic(fmt.Sprintf("files: Register of an incomplete scheme %q", s.Name))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.schemes[s.Name]; ok {
		panic(fmt.Sprintf("files: scheme %q is registered twice, by %s and %s", s.Name, old.Package,
			s.Package))
	}
	if m.schemes == nil {
		m.schemes = map[string]Scheme{}
	}
	m.schemes[s.Name] = s
}

// RegisterFallback adds a function that is asked for schemes that nobody registered, in
// the order of registration. An adapter offers another library's schemes in this way.
func (m *Mux) RegisterFallback(f func(scheme string) (Scheme, bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fallback = append(m.fallback, f)
}

// Schemes returns the registered schemes by name, without those of fallbacks.
func (m *Mux) Schemes() []Scheme {
	if m == nil {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var s []Scheme
	for _, v := range m.schemes {
		v.Params = slices.Clone(v.Params)
		s = append(s, v)
	}
	slices.SortFunc(s, func(a, b Scheme) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (m *Mux) lookup(name string) (Scheme, bool) {
	if m == nil {
		return Scheme{}, false
	}
	m.mu.RLock()
	s, ok := m.schemes[name]
	fallback := m.fallback
	m.mu.RUnlock()
	for i := 0; !ok && i < len(fallback); i++ {
		s, ok = fallback[i](name)
	}
	return s, ok
}

// Open is like the function Open.
func (m *Mux) Open(ctx context.Context, rawURL string) (Bucket, error) {
	b, err := m.open(ctx, rawURL)
	if err != nil {
		return nil, NewError(OpOpen, m.redact(rawURL), err)
	}
	return b, nil
}

func (m *Mux) open(ctx context.Context, rawURL string) (Bucket, error) {
	if m == nil {
		return nil, invalid("the Mux is nil")
	}
	u, s, err := m.parse(rawURL)
	if err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, errNilContext
	}
	if err := ctx.Err(); err != nil {
		return nil, contextError(ctx)
	}
	q := u.Query()
	prefix, key := q.Get("prefix"), q.Get("key")
	if q.Has("prefix") || q.Has("key") {
		q.Del("prefix")
		q.Del("key")
		u.RawQuery = q.Encode()
	}
	if key != "" { // the key comes after the prefix
		if err := CheckName(prefix + key); err != nil {
			return nil, invalid("parameter key: %s", clean(err))
		}
	}
	if err := checkPrefix(prefix); err != nil {
		return nil, invalid("parameter prefix: %s", clean(err))
	}
	b, err := s.Open(ctx, u)
	if err != nil {
		return nil, err
	}
	if prefix != "" {
		b = withPrefix(b, prefix, true)
	}
	if key != "" {
		b = withKey(b, key)
	}
	return b, nil
}

// parse finds the scheme and checks the parameters' names.
func (m *Mux) parse(rawURL string) (*url.URL, Scheme, error) {
	if strings.TrimSpace(rawURL) == "" {
		return nil, Scheme{}, invalid("the URL is empty; is the variable that should hold it " +
			"unset? Write mem:// for memory or file:///path/to/folder for a local folder")
	}
	name, _, ok := strings.Cut(rawURL, ":")
	// C:\dir has a "scheme" of one letter
	if !ok || len(name) < 2 || strings.ContainsAny(name, `/\`) {
		return nil, Scheme{}, invalid("a path is not a URL; write %s", pathURL(rawURL))
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		if _, ok := errors.AsType[url.EscapeError](err); ok {
			return nil, Scheme{}, invalid("malformed URL: a %% is not followed by two " +
				"hexadecimal digits; write %%25 for the character itself")
		}
		return nil, Scheme{}, invalid("malformed URL") // the cause may quote a secret
	}
	s, ok := m.lookup(u.Scheme)
	if !ok {
		if !harmlessScheme(name) || !strings.HasPrefix(rawURL, name+"://") {
			return nil, Scheme{}, invalid("unknown scheme; %s", m.help(""))
		}
		return nil, Scheme{}, invalid("unknown scheme %q; %s", u.Scheme, m.help(u.Scheme))
	}
	if u.Fragment != "" || strings.HasSuffix(rawURL, "#") {
		return nil, Scheme{}, invalid("a # begins a fragment, which no bucket has; write %%23 " +
			"for the character itself")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, Scheme{}, invalid("malformed query; write special characters as %%XX, and & " +
			"between parameters")
	}
	for p, values := range q {
		known := p == "prefix" || p == "key" || s.AnyParam || slices.ContainsFunc(s.Params,
			func(k Param) bool {
				return k.Name == p
			})
		switch {
		case !known:
			return nil, Scheme{}, invalid("unknown parameter%s; %s", s.quotedName(p, values),
				s.paramHelp())
		case len(values) > 1:
			return nil, Scheme{}, invalid("parameter%s is given %d times", s.quotedName(p, values),
				len(values))
		case (p == "prefix" || p == "key") && values[0] == "":
			return nil, Scheme{}, invalid("parameter %q is empty", p)
		}
	}
	return u, s, nil
}

// quotedName returns the parameter's name after a space, or "" if it may be a secret.
func (s Scheme) quotedName(name string, values []string) string {
	given := slices.ContainsFunc(values, func(v string) bool { return v != "" })
	name, _, _ = strings.Cut(name, "=")
	if !s.harmlessName(name, given) {
		return ""
	}
	return fmt.Sprintf(" %q", name)
}

func (s Scheme) paramHelp() string {
	names := []string{"prefix", "key"}
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return s.Name + ":// knows " + strings.Join(names, ", ")
}

// imports maps a scheme to the import that registers it.
var imports = map[string]string{
	"mem":            "cloudfiles.dev/drivers/mem",
	"file":           "cloudfiles.dev/drivers/local",
	"s3":             "cloudfiles.dev/drivers/s3",
	"gs":             "cloudfiles.dev/drivers/gcs",
	"azblob":         "cloudfiles.dev/drivers/azure",
	"gocloud+s3":     "cloudfiles.dev/drivers/gocloud and gocloud.dev/blob/s3blob",
	"gocloud+gs":     "cloudfiles.dev/drivers/gocloud and gocloud.dev/blob/gcsblob",
	"gocloud+azblob": "cloudfiles.dev/drivers/gocloud and gocloud.dev/blob/azureblob",
	"gocloud+file":   "cloudfiles.dev/drivers/gocloud and gocloud.dev/blob/fileblob",
	"gocloud+mem":    "cloudfiles.dev/drivers/gocloud and gocloud.dev/blob/memblob",
}

// help returns what is registered, and which import is missing.
func (m *Mux) help(scheme string) string {
	var have []string
	for _, s := range m.Schemes() {
		have = append(have, s.Name)
	}
	registered := "none is registered"
	if len(have) > 0 {
		registered = "registered: " + strings.Join(have, ", ")
	}
	if pkg, ok := imports[scheme]; ok {
		return registered + `; the program must import _ ` + pkg +
			` (cloudfiles.dev/drivers/all brings every scheme)`
	}
	return registered + "; is there a driver for it to import?"
}

// pathURL returns how a path is written as a URL. A text that isn't known to be a path
// may be a secret, and isn't shown.
func pathURL(p string) string {
	slash := strings.ReplaceAll(p, `\`, "/")
	if len(slash) > 1 && slash[1] == ':' {
		slash = "/" + slash
	}
	slash = strings.TrimPrefix(slash, "./")
	shown := strings.HasPrefix(slash, "/") || len(slash) < len(p)
	drive, _, _ := strings.Cut(strings.TrimPrefix(slash, "/"), "/")
	rest := slash
	if len(drive) == 2 && drive[1] == ':' {
		rest = slash[3:]
	}
	if !shown || strings.HasPrefix(slash, "//") || !harmlessText(rest, "/ ()") {
		return "file:///absolute/path/to/folder, or another scheme:// in front"
	}
	if !strings.HasPrefix(slash, "/") {
		slash = "/absolute/path/to/" + slash
	}
	return (&url.URL{Scheme: "file", Path: slash}).String()
}

// Description is what a URL would open, without a secret and without opening it.
type Description struct {
	URL     string  `json:"url"` // user information and parameters that look secret print as "…"
	Scheme  string  `json:"scheme"`
	Package string  `json:"package"`
	Params  []Param `json:"params,omitempty"` // what the scheme knows
}

// String returns the URL, without its secrets.
func (d Description) String() string { return d.URL }

// Describe returns what the URL would open. Its errors are those of Open that need no
// driver.
func Describe(rawURL string) (Description, error) { return defaultMux.Describe(rawURL) }

// Describe is like the function Describe.
func (m *Mux) Describe(rawURL string) (Description, error) {
	if m == nil {
		return Description{}, NewError(OpOpen, RedactURL(rawURL), invalid("the Mux is nil"))
	}
	_, s, err := m.parse(rawURL)
	if err != nil {
		return Description{}, NewError(OpOpen, m.redact(rawURL), err)
	}
	common := []Param{
		{
			Name:   "prefix",
			Values: "text",
			Doc:    "put in front of every name, as it is",
			Public: true,
		},
		{Name: "key", Values: "name", Doc: "narrows the bucket to this one file"},
	}
	return Description{
		URL:     m.redact(rawURL),
		Scheme:  s.Name,
		Package: s.Package,
		Params:  append(slices.Clone(s.Params), common...),
	}, nil
}
