package files

import (
	"net/url"
	"strings"
)

// secretWords in a parameter's name make its value a secret.
var secretWords = []string{"secret", "token", "pass", "pwd", "jwt", "bearer", "encryption", "customer", "sig", "credential", "accesskey", "access_key", "access-key", "access_id", "accountkey", "account_key", "apikey", "api_key", "private", "connection_string", "auth"}

// RedactURL returns the URL for logs and errors: user information and the values of parameters that look
// secret print as "…"; of a URL that can't be parsed, everything behind the scheme does.
func RedactURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" {
		scheme, _, ok := strings.Cut(rawURL, ":")
		if !ok || !isScheme(scheme) {
			return "…"
		}
		return scheme + ":…"
	}
	user := ""
	if u.User != nil {
		u.User, user = nil, "…@"
	}
	query, fragment := u.RawQuery, u.Fragment
	u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = "", "", "", false
	s := u.String()
	if rest, ok := strings.CutPrefix(s, u.Scheme+":"); ok && u.Scheme != "" && strings.Contains(rawURL, "://") && !strings.HasPrefix(rest, "//") {
		s = u.Scheme + "://" + rest // which String leaves out before an empty host
	}
	if user != "" {
		s = strings.Replace(s, "//", "//"+user, 1)
	}
	if query != "" {
		s += "?" + redactQuery(query)
	}
	if fragment != "" {
		s += "#…"
	}
	return printable(s)
}

func isScheme(s string) bool {
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("+-.", c)) {
			return false
		}
	}
	return s != ""
}

func redactQuery(query string) string {
	pairs := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
	for i, p := range pairs {
		key, _, _ := strings.Cut(p, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || looksSecret(name) {
			name, _, _ = strings.Cut(name, "=") // an escaped one: the secret is in the name
			pairs[i] = url.QueryEscape(name) + "=…"
		}
	}
	return strings.Join(pairs, "&")
}

func looksSecret(name string) bool {
	name = strings.ToLower(name)
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}
