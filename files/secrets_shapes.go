package files

import (
	"slices"
	"strings"
)

// schemesOfHTTP are words before credentials.
var schemesOfHTTP = []string{
	"bearer ", "basic ", "sharedkey ", "sharedkeylite ", "negotiate ", "digest ",
}

// wordsOfKeys are words before what may be a key, in a sentence.
var wordsOfKeys = []string{"token ", "secret ", "password ", "signature ", "credential "}

// hideCredentials hides the word after a scheme of HTTP's credentials if it isn't
// English, and the word after one of wordsOfKeys if it reads like a key.
func hideCredentials(s string) string {
	s = hideBehind(s, schemesOfHTTP, isCredential)
	return hideBehind(s, wordsOfKeys, func(_, word string) bool { return keyLike(word) })
}

// keyLike reports whether a word is long and isn't one that people write.
func keyLike(word string) bool {
	word = strings.TrimRight(word, ".:!?")
	return len(word) >= 16 && !harmlessText(word, "/+=%:@")
}

// hideBehind hides the word after each of some others if it is a secret there.
func hideBehind(s string, words []string, secret func(before, word string) bool) string {
	for _, scheme := range words {
		from := 0
		for {
			i := indexFold(s[from:], scheme[:len(scheme)-1])
			if i < 0 {
				break
			}
			first := from + i
			from = first + len(scheme) - 1
			begin := from
			for begin < len(s) && (s[begin] == ' ' || s[begin] == '\t') {
				begin++
			}
			end := begin
			for end < len(s) && !endsToken(s[end]) && strings.IndexByte(",;)]}", s[end]) < 0 {
				end++
			}
			inside := first > 0 && isNameByte(s[first-1])
			if from < begin && begin < end && !inside && secret(scheme, s[begin:end]) {
				s = s[:begin] + hiddenText + s[end:]
			}
		}
	}
	return s
}

// englishBehind are words that follow the name of a scheme in sentences.
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

// shapes are the beginnings that only keys have, and the least length of the key.
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
	{"gho_", 30},
	{"github_pat_", 30},
	{"glpat-", 20},
	{"sk_live_", 20},
	{"xoxb-", 20},
	{"xoxp-", 20},
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
			if strings.HasSuffix(shape.prefix, ".") { // the loop above ended at it
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
