package files_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// shownText is how an error shows a text.
func shownText(text string) string {
	err := &files.Error{Op: files.OpGet, Detail: text}
	return strings.TrimPrefix(err.Error(), "files: get: ")
}

// TestSecretsByByte: which ASCII characters a name, a value, a key and a word consist of,
// and which ones end them (E1).
func TestSecretsByByte(t *testing.T) {
	const (
		letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		names   = letters + "0123456789-_.[]$"
		ends    = "\"'`<>|\\ "
	)
	for _, form := range []struct {
		before, after string // of the character
		in            string // the characters for which the text is shown as in
		control       bool   // control characters are among them
		want, other   string // "?" is the character
	}{
		{"", "key=Ab3dEf6hIj9lMn2p", names + "%", false, "?key=Ab3dEf6hIj9lMn2p", "?key=…"},
		{"pa", "ss=abc", "-_.[]$", false, "pa?ss=…", "pa?ss=abc"},
		{
			"", "AKIA1234567890123456", letters + "0123456789-_+", false,
			"?AKIA1234567890123456", "?…",
		},
		{"AKIA1234567890123456", ".", letters + "0123456789-_+/=", false, "….", "…?."},
		{"u:p@h", "v:q@i", ends, true, "…@h?…@i", "…@i"},
		{"x", "u:p@h", ends + "/(=,;[{", true, "x?…@h", "…@h"},
		{"password: a", "b", ends + "&;,)]}", true, "password: …?b", "password: …"},
		{"Authorization: a", "b", "\"'`<>|\\]", true, "Authorization: …?b", "Authorization: …"},
		{"x?sig=a", "b", ends + "&;", true, "x?sig=…?b", "x?sig=…"},
		{"a=1", "b=2&sig=x", ends + "?", true, "a=1?b=…&sig=…", ""},
		{"Bearer Abc123", "x", ends + ",;)]}", true, "Bearer …?x", "Bearer …"},
		{"", "Bearer Abc123", names, false, "?Bearer Abc123", "?Bearer …"},
		{"x: Bearer", "Abc123", " \t", false, "x: Bearer?…", "x: Bearer?Abc123"},
	} {
		for c := range byte(0x80) {
			want := form.other
			control := c < ' ' && form.control && !(c == '\t' && form.before == "Authorization: a")
			if strings.IndexByte(form.in, c) >= 0 || control {
				want = form.want
			}
			switch text := form.before + string(rune(c)); {
			case text == "=" && form.after == "key=Ab3dEf6hIj9lMn2p":
				want = "=…" // a second "=" is part of the value
			case text == "x: Bearer=":
				want = "x: Bearer=…"
			case want == "" && (c == '&' || c == ';'):
				want = "a=…?b=…&sig=…"
			case want == "":
				want = "a=…&sig=…"
			}
			if strings.HasPrefix(want, "x?sig") {
				want = "x?sig" + strings.ReplaceAll(want[len("x?sig"):], "?", string(rune(c)))
			} else {
				want = strings.ReplaceAll(want, "?", string(rune(c)))
			}
			text := form.before + string(rune(c)) + form.after
			if got := shownText(text); got != files.Printable(want) {
				t.Errorf("%q is shown as %q, want %q", text, got, files.Printable(want))
			}
		}
	}
}

// TestKeysOfEachLength: a text that begins as a key is one from a certain length on (E1).
func TestKeysOfEachLength(t *testing.T) {
	for prefix, least := range map[string]int{
		"AKIA":        20,
		"ASIA":        20,
		"GOOG1E":      24,
		"eyJ":         20,
		"ya29.":       20,
		"AIza":        35,
		"ghp_":        30,
		"gho_":        30,
		"github_pat_": 30,
		"glpat-":      20,
		"sk_live_":    20,
		"xoxb-":       20,
		"xoxp-":       20,
	} {
		key := prefix + strings.Repeat("1", least-len(prefix))
		for _, c := range [][2]string{
			{key, "…"},
			{key + "1", "…"},
			{key[:least-1], key[:least-1]},
			{"a " + key + " " + key + " b", "a … … b"},
			{"a " + key[:least-1] + " " + key + " b", "a " + key[:least-1] + " … b"},
		} {
			if got := shownText(c[0]); got != c[1] {
				t.Errorf("%q is shown as %q, want %q", c[0], got, c[1])
			}
		}
	}
}

// TestSecretsAtTheEdges: what is hidden if a value is empty, ends the text, or is in one of
// the less usual forms (E1).
func TestSecretsAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		text, want string // "" is the text itself
	}{
		{"Bearer abcd1", ""}, // too short a text for any credential
		{"Bearer abcde1", "Bearer …"},
		{"password=", ""},
		{"password:", ""},
		{"password: ", ""},
		{"sig=&a=b", ""},
		{"sig=[", "sig=…"},
		{"sig%3D", ""},
		{"sig%253D", ""},
		{"sig%3D a", ""},
		{"sig %3Da", "sig …"},
		{"sig%3Da", "…"},
		{`sig\u003da`, "…"},
		{"%pw=a", "%pw=…"},
		{"%26key=Ab3dEf6hIj9lMn2p", "%26key=…"},
		{"%2526key=Ab3dEf6hIj9lMn2p", "%2526key=…"},
		{"%25key=Ab3dEf6hIj9lMn2p", "%25key=…"},
		{"%25pkey=Ab3dEf6hIj9lMn2p", ""},
		{"KEY=Ab3dEf6hIj9lMn2p", "KEY=…"},
		{"TOKEN: a", ""},
		{"<Token>a</Token>", "<Token>…</Token>"},
		{`"password" : "a"`, `"password" : "…"`},
		{"password: [a]", "password: […]"},
		{"password: 'a", "password: '…"},
		{"password: a%26", "password: …%26"},
		{"password: a%26b", "password: …%26b"},
		{"password: a%2", "password: …"},
		{"password: a%", "password: …"},
		{"password:a,sig=b", "password:…,sig=…"},
		{"SharedAccessSignature: sv=1&sig=x;y", "SharedAccessSignature: …;y"},
		{"x?sig=a.", "x?sig=…."},
		{"x?sig=a,", "x?sig=…,"},
		{"x?sig=a:", "x?sig=…:"},
		{"x?sig=a)", "x?sig=…)"},
		{"x?sig=a]", "x?sig=…]"},
		{"x?sig=a}.", "x?sig=…}."},
		{`u:p@h "`, `…@h "`},
		{"a://?x@y", ""},
		{"a://#x@y", ""},
	} {
		want := c.want
		if want == "" {
			want = c.text
		}
		if got := shownText(c.text); got != want {
			t.Errorf("%q is shown as %q, want %q", c.text, got, want)
		}
	}
}
