package files

import (
	"slices"
	"strings"
)

// schemesOfHTTP are words in front of credentials.
var schemesOfHTTP = []string{"bearer ", "basic ", "sharedkey ", "sharedkeylite ", "negotiate ", "digest "}

// hideCredentials hides the word behind a scheme of HTTP's credentials, where it isn't English.
func hideCredentials(s string) string {
	for _, scheme := range schemesOfHTTP {
		from := 0
		for {
			i := indexFold(s[from:], scheme)
			if i < 0 {
				break
			}
			begin := from + i + len(scheme)
			for begin < len(s) && s[begin] == ' ' {
				begin++
			}
			end := begin
			for end < len(s) && !endsToken(s[end]) && s[end] != ',' && s[end] != ';' {
				end++
			}
			from = begin
			inside := i > 0 && isNameByte(s[begin-len(scheme)-1]) && !endsToken(s[begin-len(scheme)-1])
			if begin < end && !inside && isCredential(scheme, s[begin:end]) {
				s = s[:begin] + hiddenText + s[end:]
			}
		}
	}
	return s
}

// englishBehind are words that stand behind the name of a scheme in sentences.
var englishBehind = []string{
	"token", "tokens", "auth", "authentication", "authorization", "scheme", "header", "realm",
	"credential", "credentials", "challenge", "error", "is", "was", "and", "or", "not", "of", "in",
	"for", "to", "the", "that", "does", "did", "has", "with", "from", "required", "expected",
	"missing", "invalid", "mismatch", "access", "values", "value",
}

func isCredential(scheme, word string) bool {
	plain := strings.ToLower(strings.TrimRight(word, ".:!?)"))
	switch {
	case word == hiddenText, plain == "", slices.Contains(englishBehind, plain):
		return false
	case scheme == "bearer ", strings.HasPrefix(scheme, "sharedkey"):
		return !strings.HasPrefix(plain, "realm=")
	}
	// "basic" and "digest" are ordinary words too.
	return len(word) >= 8 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz.-,:") != ""
}

// shapes are beginnings that only keys have, and how long the key is at least.
var shapes = []struct {
	prefix string
	length int
}{
	{"AKIA", 20},
	{"ASIA", 20},
	{"GOOG1E", 24},
	{"eyJ", 20}, // {" in base64: a JSON web token
	{"ya29.", 20},
	{"AIza", 35},
	{"ghp_", 30},
	{"xoxb-", 20},
}

func hasShape(s string) bool {
	for _, shape := range shapes {
		if strings.Contains(s, shape.prefix) {
			return true
		}
	}
	return strings.Contains(s, "PRIVATE KEY")
}

// hideShapes hides words that begin as keys do.
func hideShapes(s string) string {
	for _, shape := range shapes {
		from := 0
		for {
			i := strings.Index(s[from:], shape.prefix)
			if i < 0 {
				break
			}
			begin := from + i
			end := begin
			for end < len(s) && (isKeyByte(s[end]) || s[end] == '.' && shape.prefix == "eyJ") {
				end++
			}
			if strings.HasSuffix(shape.prefix, ".") { // which the loop above ended at
				for end = begin + len(shape.prefix); end < len(s) && isKeyByte(s[end]); {
					end++
				}
			}
			from = begin + len(shape.prefix)
			alone := begin == 0 || !isKeyByte(s[begin-1]) || s[begin-1] == '/' || s[begin-1] == '='
			if alone && end-begin >= shape.length {
				s = s[:begin] + hiddenText + s[end:]
				from = begin
			}
		}
	}
	return s
}

// isKeyByte reports whether the byte is one of base64, in one of its alphabets.
func isKeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '+' || c == '/' || c == '='
}
