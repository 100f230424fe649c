package files

import (
	"slices"
	"strings"
)

// shown returns the text of an error as it may be printed: without secrets, and
// printable. Anybody may have written the text of a cause: a reader, a hook or a
// backend often puts the URL of a request into it, which may be signed.
func shown(text string) string { return Printable(withoutSecrets(text)) }

// withoutSecrets returns the text with "…" in place of what looks like a secret, in any
// of these forms:
//
//   - user information before an "@": scheme://user:password@host, user:password@host;
//   - values whose names are those of secrets, as parameters, fields or settings: sig=,
//     X-Amz-Signature=, AccountKey=, "password": "…", Authorization: …; and together
//     with such a value all values of the URL's query or the connection string that it
//     is in;
//   - the same in XML, in JSON with its escapes, and in Go's syntax:
//     <SecretAccessKey>…;
//   - what reads like a key after words that a sentence may have, such as token and
//     secret;
//   - credentials of HTTP: Bearer, Basic and SharedKey with what follows;
//   - texts that only keys have: AWS access keys, JSON web tokens, OAuth tokens and
//     private keys of Google and others.
//
// Text without any of them is returned as it is, without an allocation.
func withoutSecrets(text string) string {
	if !maybeSecret(text) {
		return text
	}
	text = hidePrivateKeys(text)
	text = hideUsers(text)
	text = hideCredentials(text)
	text = hideValues(text)
	return hideShapes(text)
}

// maybeSecret is the fast path: it reports whether the text has something that all of
// these forms have.
func maybeSecret(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '=', '@', ':', '%', '>', '\\':
			return true
		}
	}
	// The space after a word may be a tab.
	has := func(word string) bool { return hasFold(s, strings.TrimSuffix(word, " ")) }
	return len(s) > 12 && (slices.ContainsFunc(schemesOfHTTP, has) ||
		slices.ContainsFunc(wordsOfKeys, has) || hasShape(s))
}

// hasFold is strings.Contains without regard to ASCII case; lower has no capitals.
func hasFold(s, lower string) bool { return indexFold(s, lower) >= 0 }

func indexFold(s, lower string) int {
	for i := 0; i+len(lower) <= len(s); i++ {
		if s[i]|0x20 == lower[0]|0x20 && strings.EqualFold(s[i:i+len(lower)], lower) {
			return i
		}
	}
	return -1
}

// endsToken reports whether a byte ends a run of characters that a URL or a key may
// consist of.
func endsToken(c byte) bool {
	return c <= ' ' || strings.IndexByte("\"'`<>|\\", c) >= 0
}

// hideUsers hides what comes before an "@", if it has a colon or follows "://".
func hideUsers(s string) string {
	at := strings.IndexByte(s, '@')
	if at < 0 {
		return s
	}
	var b strings.Builder
	for rest := s; ; {
		begin, end := nextToken(rest)
		if begin == end {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:begin])
		b.WriteString(hideUser(rest[begin:end]))
		rest = rest[end:]
	}
}

// nextToken returns where the first run of characters without a separator begins and
// ends.
func nextToken(s string) (begin, end int) {
	for begin < len(s) && endsToken(s[begin]) {
		begin++
	}
	for end = begin; end < len(s) && !endsToken(s[end]); {
		end++
	}
	return begin, end
}

// hideUser hides the user information of one run of characters.
func hideUser(token string) string {
	if i := strings.Index(token, "://"); i >= 0 {
		head, rest := token[:i+3], token[i+3:]
		front := rest // with the path: a password may have a slash, although it mustn't
		if j := strings.IndexAny(rest, "?#"); j >= 0 {
			front = rest[:j]
		}
		at := strings.LastIndexByte(front, '@')
		if at < 0 {
			return head + hideUserOfNext(rest)
		}
		return head + hiddenText + "@" + hideUserOfNext(rest[at+1:])
	}
	colon, at := strings.IndexByte(token, ':'), strings.LastIndexByte(token, '@')
	if colon < 0 || at < colon {
		return token
	}
	begin := strings.LastIndexAny(token[:colon], "/(=,;[{") + 1
	return token[:begin] + hiddenText + token[at:]
}

// hideUserOfNext continues after a URL, in which there may be another one.
func hideUserOfNext(rest string) string {
	if i := strings.Index(rest, "://"); i >= 0 {
		return hideUser(rest)
	}
	return rest
}

// hidePrivateKeys hides PEM blocks of private keys, to their end or to the end of the
// text.
func hidePrivateKeys(s string) string {
	const begin, end = "-----BEGIN ", "-----END "
	i := strings.Index(s, begin)
	if i < 0 {
		return s
	}
	label, _, ok := strings.Cut(s[i+len(begin):], "-----")
	if !ok || !strings.Contains(label, "PRIVATE KEY") {
		return s[:i+len(begin)] + hidePrivateKeys(s[i+len(begin):])
	}
	rest := ""
	if j := strings.Index(s[i:], end); j >= 0 {
		if k := strings.Index(s[i+j+len(end):], "-----"); k >= 0 {
			rest = s[i+j+len(end)+k+len("-----"):]
		}
	}
	return s[:i] + hiddenText + hidePrivateKeys(rest)
}
