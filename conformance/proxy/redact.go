package proxy

import (
	"net/url"
	"slices"
	"strings"
)

// secretWords mark a parameter as secret if its name contains one of them. Records
// are for tests, which check the other parameters, so a value is shown unless its
// name marks it; files.RedactURL does the opposite.
var secretWords = []string{
	"secret", "token", "pass", "pwd", "jwt", "bearer", "encryption", "customer", "sig",
	"credential", "accesskey",
	"access_key", "access-key", "access_id", "accountkey", "account_key", "apikey", "api_key",
	"private",
	"connection_string", "auth",
}

// redactURL returns the URL without user information and without the values of
// parameters that may be secret.
func redactURL(raw string) string {
	head, query, found := strings.Cut(raw, "?")
	if scheme, rest, ok := strings.Cut(head, "://"); ok {
		host, path, slash := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			host = "…" + host[at:]
		}
		head = scheme + "://" + host
		if slash {
			head += "/" + path
		}
	}
	if !found {
		return head
	}
	return head + "?" + redactQuery(query)
}

func redactQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, p := range pairs {
		key, _, _ := strings.Cut(p, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || looksSecret(name) {
			pairs[i] = key + "=…"
		}
	}
	return strings.Join(pairs, "&")
}

func looksSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(w string) bool {
		return strings.Contains(name, w)
	})
}
