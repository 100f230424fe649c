package files

import (
	"slices"
	"strings"
)

// secretNames are the ends of names whose values are secrets, without separators and in
// lower case.
var secretNames = []string{
	"signature", "sig", "secret", "password", "passwd", "passphrase", "passcode", "pwd", "pw",
	"pass", "token", "jwt", "bearer", "sas", "auth", "authorization", "cookie", "assertion",
	"signatureprovided",
	"credential", "credentials", "accesskey", "accesskeyid", "accesskeysecret", "googleaccessid",
	"accountkey", "apikey", "secretkey", "secretaccesskey", "privatekey", "sharedkey",
	"sharedaccesskey", "sharedaccesssignature", "encryptionkey", "customerkey", "sessionkey",
	"signingkey", "storagekey", "primarykey", "masterkey", "hmackey", "clientsecret",
	"subscriptionkey",
}

// wordNames are names that people also write before a colon when no secret follows.
var wordNames = []string{
	"token", "sig", "signature", "auth", "credential", "credentials", "pw", "jwt", "bearer", "sas",
	"secret", "assertion",
}

// secretName reports whether the value of the name is a secret.
func secretName(name string) bool {
	n := plainName(name)
	if n == "" {
		return false
	}
	return slices.ContainsFunc(secretNames, func(s string) bool {
		return strings.HasSuffix(n, s)
	}) &&
		!strings.HasSuffix(n, "compass") && !strings.HasSuffix(n, "bypass")
}

// plainName returns the name in lower case, without what separates its words.
func plainName(name string) string {
	plain := true
	for i := 0; i < len(name); i++ {
		if c := name[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == '.' || r == '[' || r == ']' || r == '$':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// isNameByte reports whether the byte may be part of the name of a value.
func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '[' || c == ']' || c == '$'
}

// hideValues hides the values of secret names.
func hideValues(s string) string {
	var b strings.Builder
	done := 0 // how much of s is in b
	for i := 0; i < len(s); i++ {
		size, colon := separator(s[i:])
		if size == 0 || i < done {
			continue
		}
		if !colon && size == 1 && (s[i+1:] == "" || i > 0 && s[i-1] == ' ' || s[i+1] == ' ') {
			colon = true // a setting: name = value
		}
		name := nameBefore(s[done:i])
		if s[i] == '>' && !strings.HasSuffix(s[:i-len(name)], "<") { // no element of XML
			continue
		}
		bare := strings.EqualFold(name, "key") && !colon
		if !bare && !secretName(name) {
			continue
		}
		begin := valueBegin(s, i+size, colon)
		end := valueEnd(s, begin, colon, plainName(name))
		if begin == end {
			continue
		}
		if (bare || colon && s[i] != '>' && !secretBeforeColon(s[:i],
			name)) && !keyLike(s[begin:end]) {
			continue
		}
		first, last := i, end
		if !colon { // and with it the other values of the query or connection string
			first, last = runBegin(s, done, i), runEnd(s, end)
		}
		b.WriteString(s[done:first])
		if colon {
			b.WriteString(s[first:begin] + hiddenText)
		} else {
			b.WriteString(hidePairs(s[first:last], s[i:i+size] != "="))
		}
		done = last
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// separator returns the length of what separates a name from its value at the beginning
// of s, or 0 if nothing does.
func separator(s string) (size int, colon bool) {
	switch {
	case s[0] == '=':
		return 1, false
	case s[0] == ':', s[0] == '>':
		return 1, true
	case strings.HasPrefix(s, `\u003d`): // "=" in JSON
		return 6, false
	case len(s) >= 5 && strings.EqualFold(s[:5], "%253D"):
		return 5, false
	case len(s) >= 3 && strings.EqualFold(s[:3], "%3D"):
		return 3, false
	}
	return 0, false
}

// nameBefore returns the name at the end of s, which may be in quotes.
func nameBefore(s string) string {
	s = strings.TrimRight(s, " ")
	s = strings.TrimRight(s, "\"'\\")
	i := len(s)
	for i > 0 && isNameByte(s[i-1]) {
		i--
	}
	name := s[i:]
	if i > 0 && s[i-1] == '%' && len(name) > 2 { // %26sig is &sig
		name = name[2:]
		for strings.HasPrefix(name, "26") { // of %2526sig
			name = name[2:]
		}
	}
	return name
}

// secretBeforeColon reports whether a colon separates a name from a secret and isn't
// part of a sentence: it is in JSON, or the name is one that only headers and settings
// have. before ends with the name.
func secretBeforeColon(before, name string) bool {
	if last := before[len(before)-1]; last == '"' || last == '\'' {
		return true
	}
	return !slices.Contains(wordNames, strings.ToLower(name))
}

// valueBegin skips spaces and quotes.
func valueBegin(s string, i int, colon bool) int {
	if colon && strings.HasPrefix(s[i:], "[]string{") { // of a header in Go's syntax
		i += len("[]string{")
	}
	for i < len(s) && (s[i] == ' ' && colon || s[i] == '"' || s[i] == '\'' || s[i] == '\\' ||
		s[i] == '[' && colon) {
		i++
	}
	return i
}

// valueEnd returns where the value that begins at i ends.
func valueEnd(s string, i int, colon bool, name string) int {
	quote, escaped := byte(0), 0
	if i > 0 && (s[i-1] == '"' || s[i-1] == '\'') {
		quote, escaped = s[i-1], escapes(s[:i-1])
	}
	stops := "&;,)]}"
	switch {
	// several words
	case strings.HasSuffix(name, "authorization") || strings.HasSuffix(name, "cookie"):
		stops = "\r\n]"
	case name == "sharedaccesssignature": // it is a query
		stops = ";"
	}
	header := colon && stops == "\r\n]"
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == quote && escapes(s[:i]) <= escaped:
			return i
		case quote != 0 || header && (c == ' ' || c == '\t'):
		case endsToken(c) || strings.IndexByte(stops, c) >= 0:
			return i
		case c == '%' && len(s) >= i+3 && s[i:i+3] == "%26":
			return i
		}
	}
	return len(s)
}

// escapes returns how many backslashes are at the end of s. A quote with more of them than
// the one that begins a value is a part of the value.
func escapes(s string) int { return len(s) - len(strings.TrimRight(s, "\\")) }

// runBegin returns the begin of the query or connection string that has the separator
// at i; runEnd returns the end of one.
func runBegin(s string, from, i int) int {
	for i > from && !endsToken(s[i-1]) && s[i-1] != '?' {
		i--
	}
	return i
}

func runEnd(s string, i int) int {
	for i < len(s) && !endsToken(s[i]) {
		i++
	}
	return len(strings.TrimRight(s[:i], ".,:)]}"))
}

// hidePairs hides the values of a query or a connection string.
func hidePairs(run string, escaped bool) string {
	if escaped {
		return hiddenText
	}
	var b strings.Builder
	for rest := run; rest != ""; {
		pair, sep := rest, ""
		if i := strings.IndexAny(rest, "&;"); i >= 0 {
			pair, sep = rest[:i], rest[i:i+1]
		}
		rest = rest[len(pair)+len(sep):]
		name, _, ok := strings.Cut(pair, "=")
		b.WriteString(name)
		if ok {
			b.WriteString("=" + hiddenText)
		}
		b.WriteString(sep)
	}
	return b.String()
}
