package files

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Printable returns text for a terminal, a log line or a message to a person. What
// can't be printed safely is escaped as [strconv.Quote] escapes it, without the quotes
// around it: control characters (U+009B begins a terminal's command as ESC does),
// bidirectional controls, which show a name in another order (U+202E), invisible
// characters and invalid UTF-8. Where something is escaped, so are backslashes and
// quotes. Other text is returned as it is, without an allocation; the result of
// Printable is such text.
//
// Errors of this package and what they log are printed in this way already. A program
// that prints names, which strangers may have chosen, uses it for them. JSON does not
// need it: there a name is to come back as it is.
func Printable(text string) string {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c >= 0x7f {
			if !allPrintable(text[i:]) {
				return quoted(text)
			}
			break
		}
	}
	return text
}

func allPrintable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unsafeRune(r) {
			return false
		}
	}
	return true
}

// unsafeRune reports whether a character must not be printed as it is.
func unsafeRune(r rune) bool { return !strconv.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) }

// quoted is strconv.Quote without the quotes.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
