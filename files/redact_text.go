package files

import "unicode"

// maxWord is how long a word without a separator may be in text that is shown.
const maxWord = 32

// harmlessText reports whether the text reads like names that people give, and not like
// a key: words of letters and digits, separated by ".", "-", "_", "~" or one of the
// further characters. Keys, in every encoding, mix capitals, small letters and digits
// throughout.
func harmlessText(s, separators string) bool {
	var w word
	for _, r := range s { // of invalid UTF-8, r is neither a letter nor a separator
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			w.add(r)
		case r == '.' || r == '-' || r == '_' || r == '~' || containsRune(separators, r):
			if !w.harmless() {
				return false
			}
			w = word{}
		default:
			return false
		}
	}
	return w.harmless()
}

func containsRune(s string, r rune) bool {
	for _, c := range s {
		if c == r {
			return true
		}
	}
	return false
}

// word counts how often a run of letters and digits changes its kind. A capital before
// small letters doesn't count.
type word struct {
	length, changes int
	resumed         bool // letters come after a digit
	last            rune // 'a', 'A' or '0'; 0 at the beginning
}

func (w *word) add(r rune) {
	kind := 'a'
	switch {
	case unicode.IsDigit(r):
		kind = '0'
	case unicode.IsUpper(r):
		kind = 'A'
	}
	if w.last != 0 && kind != w.last && (w.last != 'A' || kind != 'a') {
		w.changes++
		w.resumed = w.resumed || w.last == '0'
	}
	w.length++
	w.last = kind
}

func (w *word) harmless() bool {
	switch {
	case w.length > maxWord || w.length >= 16 && w.resumed:
		return false
	case w.length < 5:
		return w.changes <= 2
	case w.length < 10:
		return w.changes <= 1
	}
	return w.changes <= w.length/6
}
