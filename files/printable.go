package files

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Printable returns text for a terminal, a log line or a message to a person. It
// escapes what can't be printed safely as [strconv.Quote] does, without the quotes
// around it:
//
//   - control characters (a terminal takes U+009B for the beginning of a command, like
//     ESC);
//   - bidirectional controls, which show a name in another order (U+202E);
//   - invisible characters and invalid UTF-8.
//
// If something is escaped, so are backslashes and quotes. Other text is returned as it
// is, without an allocation; so is the result of Printable.
//
// The texts and log values of this package's errors are escaped in this way already.
// Use Printable in a program that prints names, which strangers may have chosen. Don't
// use it for JSON, in which a name must stay as it is.
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
