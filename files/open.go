package files

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cloudfiles.dev/files/internal/guard"
)

// Open opens the bucket that the URL names, with the drivers that the program imports:
//
//	import _ "cloudfiles.dev/drivers/local"
//	b, err := files.Open(ctx, os.Getenv("CLOUDFILES_URL"))
//
// The parameters prefix=p, a raw prefix of every name, key=k, which narrows the bucket
// to the one file k, and readonly=true work on every scheme (U2). So do those of layers
// that the program imports ([Mux.RegisterLayer]), such as timeout=5s of package
// files/timeout, unless the scheme has a parameter of that name itself. Whatever the
// order in the URL is, the layers are around the driver, and prefix, key and readonly
// are around the layers, as [Layers] and [Describe] show. Opening makes no request
// (U3); use Check for that.
//
// Errors: ErrInvalid for an empty or malformed URL, and for an unknown scheme or
// parameter; whatever else the driver finds, such as ErrNoBucket for a missing folder.
// The text shows no secret.
func Open(ctx context.Context, rawURL string) (Bucket, error) {
	return defaultMux.Open(ctx, rawURL)
}

// Open is like the function Open.
func (m *Mux) Open(ctx context.Context, rawURL string) (Bucket, error) {
	b, err := m.open(ctx, rawURL)
	if err != nil {
		return nil, newError(OpOpen, m.redact(rawURL), err)
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
	own, _ := m.lookup(s.Name)
	if ctx == nil {
		return nil, errNilContext
	}
	if allowed := guard.Open.Load(); allowed != nil {
		if err := (*allowed)(s.Name); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, contextError(ctx)
	}
	q := u.Query()
	prefix, key := q.Get("prefix"), q.Get("key")
	all := u.Query()
	for _, p := range commonParams {
		q.Del(p.Name)
	}
	for _, l := range m.layersFor(own) {
		q.Del(l.Name)
	}
	if len(q) < len(all) {
		u.RawQuery = q.Encode()
	}
	readOnly, err := readOnlyParam(all)
	if err != nil {
		return nil, err
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
	if b, err = m.wrapLayers(ctx, b, u, own, all); err != nil {
		return nil, err
	}
	if prefix != "" {
		b = withPrefix(b, prefix, "prefix", true)
	}
	if key != "" {
		b = withKey(b, key)
	}
	if readOnly {
		b = owning(ReadOnly(b), b)
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
		if _, ok := errors.AsType[url.EscapeError](err); ok {
			return nil, Scheme{}, invalid("malformed URL: a %% is not followed by two " +
				"hexadecimal digits; write %%25 for the character itself")
		}
		return nil, Scheme{}, invalid("malformed URL") // the cause may quote a secret
	}
	s, ok := m.lookup(u.Scheme)
	if !ok {
		_, ours := imports[u.Scheme]
		if !(ours || harmlessScheme(name)) || !strings.HasPrefix(rawURL, name+"://") {
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
	layers := m.layersFor(s)
	s = m.withLayers(s)
	for p, values := range q {
		missing := ""
		if !s.has(p) {
			missing = missingLayer(p)
		}
		empty := isCommon(p) || slices.ContainsFunc(layers,
			func(l layerParam) bool { return l.Name == p })
		switch known := s.AnyParam || s.has(p); {
		case missing != "":
			return nil, Scheme{}, invalid("parameter%s belongs to a layer; the program must "+
				"import _ %s", s.quotedName(p, values), missing)
		case !known:
			return nil, Scheme{}, invalid("unknown parameter%s; %s", s.quotedName(p, values),
				s.paramHelp())
		case len(values) > 1:
			return nil, Scheme{}, invalid("parameter%s is given %d times", s.quotedName(p, values),
				len(values))
		case empty && values[0] == "":
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
	var names []string
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
	URL     string `json:"url"` // with "…" in place of what may be a secret
	Scheme  string `json:"scheme"`
	Package string `json:"package"`
	// Layers are the parameters that put a layer around the driver, the outermost
	// first, and the scheme last.
	Layers []string `json:"layers"`
	Params []Param  `json:"params,omitempty"` // what URLs of the scheme may have
}

// String returns the URL, without its secrets.
func (d Description) String() string { return d.URL }

// Describe returns what the URL would open, without opening it.
//
// Errors: ErrInvalid for an empty or malformed URL, and for an unknown scheme or
// parameter.
func Describe(rawURL string) (Description, error) { return defaultMux.Describe(rawURL) }

// Describe is like the function Describe.
func (m *Mux) Describe(rawURL string) (Description, error) {
	if m == nil {
		return Description{}, newError(OpOpen, RedactURL(rawURL), invalid("the Mux is nil"))
	}
	u, s, err := m.parse(rawURL)
	if err != nil {
		return Description{}, newError(OpOpen, m.redact(rawURL), err)
	}
	own, _ := m.lookup(s.Name)
	return Description{
		URL:     m.redact(rawURL),
		Scheme:  s.Name,
		Package: s.Package,
		Layers:  m.stack(u, own),
		Params:  s.Params,
	}, nil
}
