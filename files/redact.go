package files

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// RedactURL returns the URL for logs and errors. It prints what isn't known to be
// harmless as "…" (U1):
//
//   - user information, fragments, and everything after the scheme of a URL that is
//     malformed or has an unknown scheme;
//   - the values of parameters, except true, false and the like, those of prefix= and
//     region=, and those that the scheme's driver registered: one of the listed values,
//     a number, a duration, or text of a [Param] that is Public;
//   - hosts and folders that look like a key, because they mix cases and digits or have
//     characters such as "=" and ";".
//
// It shows every other bucket, host and folder of a well-formed URL.
func RedactURL(rawURL string) string { return defaultMux.redact(rawURL) }

// hiddenText stands for what isn't shown.
const hiddenText = "…"

// redact is RedactURL with the schemes of the Mux.
func (m *Mux) redact(rawURL string) string {
	if rawURL == "" {
		return ""
	}
	scheme, rest, ok := strings.Cut(rawURL, ":")
	if !ok {
		return hiddenText
	}
	name := strings.ToLower(scheme)
	s, known := m.redactor(name)
	if !known && (!strings.HasPrefix(rest, "//") || !harmlessScheme(scheme)) {
		return hiddenText
	}
	u, err := url.Parse(rawURL)
	if known && (err != nil || u.Opaque != "" || !strings.HasPrefix(rest, "//")) {
		return name + ":" + hiddenText
	}
	if !known && rest == "//" {
		return scheme + "://"
	}
	if !known {
		return scheme + "://" + hiddenText
	}
	return name + "://" + s.redactRest(u)
}

// redactor returns the scheme with its parameters. For a scheme that only programs with
// other imports register, it has only the name.
func (m *Mux) redactor(name string) (Scheme, bool) {
	if s, ok := m.lookup(name); ok {
		return m.withLayers(s), true
	}
	_, hint := imports[name]
	return m.withLayers(Scheme{Name: name}), hint || name == "http" || name == "https"
}

// redactRest shows what follows "scheme://".
func (s Scheme) redactRest(u *url.URL) string {
	var b strings.Builder
	if u.User != nil {
		b.WriteString(hiddenText + "@")
	}
	b.WriteString(s.redactHost(u.Host))
	b.WriteString(s.redactPath(u))
	if u.RawQuery != "" || u.ForceQuery {
		b.WriteByte('?')
		b.WriteString(s.redactQuery(u.RawQuery))
	}
	if u.Fragment != "" {
		b.WriteString("#" + hiddenText)
	}
	return Printable(b.String())
}

var withoutBrackets = strings.NewReplacer("[", "", "]", "") // around an IPv6 address

// redactHost shows the host, which for most schemes is the bucket. Only a memory
// bucket's may have capitals.
func (s Scheme) redactHost(host string) string {
	lax := s.Name == "mem" || s.Name == "gocloud+mem"
	if host != "" && (!harmlessText(withoutBrackets.Replace(host),
		":") || !lax && host != strings.ToLower(host)) {
		return hiddenText
	}
	return host
}

// redactPath shows the path, element by element, if the scheme has one.
func (s Scheme) redactPath(u *url.URL) string {
	path := u.Path
	switch {
	case path == "" || path == "/":
		return path
	case !s.hasPath() || strings.ContainsAny(path, "@=;:&?#"):
		return "/" + hiddenText
	}
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if !harmlessText(e, " ()[]{},'!+^") {
			elements[i] = hiddenText
			continue
		}
		elements[i] = strings.TrimPrefix((&url.URL{Path: "/" + e}).EscapedPath(), "/")
	}
	return strings.Join(elements, "/")
}

// hasPath reports whether URLs of the scheme have a path: whether their example has
// one.
func (s Scheme) hasPath() bool {
	if s.Name == "http" || s.Name == "https" || strings.TrimPrefix(s.Name, "gocloud+") == "file" {
		return true
	}
	u, err := url.Parse(s.Example)
	return err == nil && strings.Trim(u.Path, "/") != ""
}

// redactQuery shows the parameters' names, and the values that are harmless.
func (s Scheme) redactQuery(query string) string {
	var b strings.Builder
	for query != "" {
		end := strings.IndexAny(query, "&;")
		if end < 0 {
			end = len(query)
		}
		if end > 0 {
			b.WriteString(s.redactPair(query[:end]))
		}
		if query = query[end:]; query != "" { // the separator, which may be what is wrong
			b.WriteByte(query[0])
			query = query[1:]
		}
	}
	return b.String()
}

func (s Scheme) redactPair(pair string) string {
	key, raw, given := strings.Cut(pair, "=")
	name, err := url.QueryUnescape(key)
	if err != nil {
		return "=" + hiddenText
	}
	if before, _, escaped := strings.Cut(name, "="); escaped { // the value is in the name
		name, raw, given = before, "%", true
	}
	switch value, err := url.QueryUnescape(raw); {
	case !s.harmlessName(name, given):
		return hiddenText
	case !given:
		return name
	case err != nil || strings.ContainsAny(value, "\r\n") || !s.harmlessValue(name, value):
		return name + "=" + hiddenText
	}
	return name + "=" + raw
}

// harmlessName reports whether a parameter's name is shown: a name that the scheme has,
// or a word. A name without a value may be a secret itself, so it must consist of
// letters alone.
func (s Scheme) harmlessName(name string, given bool) bool {
	if name == "prefix" || name == "key" {
		return true
	}
	if slices.ContainsFunc(s.Params, func(p Param) bool { return p.Name == name }) {
		return true
	}
	return name != "" && harmlessText(name,
		"") && (given || !strings.ContainsAny(name, "0123456789"))
}

// harmlessValues are never secrets, whatever they are the value of.
var harmlessValues = []string{
	"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "full", "auto", "always",
	"http", "https",
}

// secretWords in a parameter's name make its value a secret, even if the parameter is
// registered as Public.
var secretWords = []string{
	"secret", "token", "pass", "pwd", "jwt", "bearer", "encryption", "customer", "sig",
	"credential", "accesskey", "access_key", "access-key", "access_id", "accountkey",
	"account_key", "apikey", "api_key", "private", "connection_string", "auth",
}

func looksSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(w string) bool {
		return strings.Contains(name, w)
	})
}

// harmlessValue reports whether a parameter's value is known not to be a secret.
func (s Scheme) harmlessValue(name, value string) bool {
	switch {
	case looksSecret(name):
		return false
	case slices.Contains(harmlessValues, value):
		return true
	case name == "prefix":
		return harmlessText(value, "/ ")
	case name == "region":
		return harmlessText(value, "") && value == strings.ToLower(value)
	}
	i := slices.IndexFunc(s.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return false
	}
	p := s.Params[i]
	_, err := time.ParseDuration(value)
	return slices.Contains(strings.Split(p.Values, "|"), value) || isNumber(value) || err == nil ||
		p.Public && (harmlessText(value,
			"/:") || harmlessEndpoint(value)) && value == strings.ToLower(value)
}

func isNumber(s string) bool { return len(s) <= 10 && strings.Trim(s, "0123456789") == "" }

// harmlessEndpoint reports whether the text is scheme://host:port and nothing else.
func harmlessEndpoint(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		strings.TrimSuffix(s,
			"/") == u.Scheme+"://"+u.Host && harmlessText(withoutBrackets.Replace(u.Host), ":")
}

// harmlessScheme reports whether the text before "://" is shown although the scheme is
// unknown (U1): it must be a word in lower case.
func harmlessScheme(s string) bool {
	return s != "" && s == strings.ToLower(s) && 'a' <= s[0] && s[0] <= 'z' && len(s) <= 24 &&
		harmlessText(s, "+") && !strings.Contains(s, "_")
}
