package contenttype

// SniffLen is how many bytes of the content decide its type.
const SniffLen = 512

// sniff returns the type that the content's beginning shows, by the rules of
// https://mimesniff.spec.whatwg.org/. Its results are those of
// net/http.DetectContentType, which isn't used because net/http makes a program 2 MB
// larger. Empty content is text, as the rules say.
func sniff(data []byte) string {
	data = data[:min(len(data), SniffLen)]
	trimmed := data
	for len(trimmed) > 0 && isSpace(trimmed[0]) {
		trimmed = trimmed[1:]
	}
	if isHTML(trimmed) {
		return "text/html; charset=utf-8"
	}
	if has(trimmed, 0, "<?xml") {
		return "text/xml; charset=utf-8"
	}
	for i := range signatures {
		if s := &signatures[i]; s.matches(data) {
			return s.contentType
		}
	}
	if isBinary(trimmed) {
		return "application/octet-stream"
	}
	return "text/plain; charset=utf-8"
}

// signature is one pattern of section 6 of the rules: content of at least min bytes
// that has head at its beginning, tail at offset at, and passes the test, if there is
// one.
type signature struct {
	head        string
	at          int
	tail        string
	min         int
	test        func([]byte) bool
	contentType string
}

func (s *signature) matches(data []byte) bool {
	return len(data) >= s.min && has(data, 0,
		s.head) && has(data, s.at, s.tail) && (s.test == nil || s.test(data))
}

// signatures in the order of the rules, which matters for the two that leave the first
// bytes open.
var signatures = [...]signature{
	{head: "%PDF-", contentType: "application/pdf"},
	{head: "%!PS-Adobe-", contentType: "application/postscript"},
	// A byte order mark counts only if something follows it.
	{head: "\xFE\xFF", min: 4, contentType: "text/plain; charset=utf-16be"},
	{head: "\xFF\xFE", min: 4, contentType: "text/plain; charset=utf-16le"},
	{head: "\xEF\xBB\xBF", min: 4, contentType: "text/plain; charset=utf-8"},

	{head: "\x00\x00\x01\x00", contentType: "image/x-icon"},
	{head: "\x00\x00\x02\x00", contentType: "image/x-icon"},
	{head: "BM", contentType: "image/bmp"},
	{head: "GIF87a", contentType: "image/gif"},
	{head: "GIF89a", contentType: "image/gif"},
	{
		head:        "RIFF",
		at:          8,
		tail:        "WEBPVP",
		contentType: "image/webp",
	},
	{head: "\x89PNG\r\n\x1A\n", contentType: "image/png"},
	{head: "\xFF\xD8\xFF", contentType: "image/jpeg"},

	{
		head:        "FORM",
		at:          8,
		tail:        "AIFF",
		contentType: "audio/aiff",
	},
	{head: "ID3", contentType: "audio/mpeg"},
	{head: "OggS\x00", contentType: "application/ogg"},
	{head: "MThd\x00\x00\x00\x06", contentType: "audio/midi"},
	{
		head:        "RIFF",
		at:          8,
		tail:        "AVI ",
		contentType: "video/avi",
	},
	{
		head:        "RIFF",
		at:          8,
		tail:        "WAVE",
		contentType: "audio/wave",
	},
	{
		at:          4,
		tail:        "ftyp",
		test:        isMP4,
		contentType: "video/mp4",
	},
	{head: "\x1A\x45\xDF\xA3", contentType: "video/webm"},

	{at: 34, tail: "LP", contentType: "application/vnd.ms-fontobject"},
	{head: "\x00\x01\x00\x00", contentType: "font/ttf"},
	{head: "OTTO", contentType: "font/otf"},
	{head: "ttcf", contentType: "font/collection"},
	{head: "wOFF", contentType: "font/woff"},
	{head: "wOF2", contentType: "font/woff2"},

	{head: "\x1F\x8B\x08", contentType: "application/x-gzip"},
	{head: "PK\x03\x04", contentType: "application/zip"},
	{head: "Rar!\x1A\x07\x00", contentType: "application/x-rar-compressed"},
	{head: "Rar!\x1A\x07\x01\x00", contentType: "application/x-rar-compressed"},
	{head: "\x00asm", contentType: "application/wasm"},
}

func has(data []byte, at int, s string) bool {
	return len(data) >= at+len(s) && string(data[at:at+len(s)]) == s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// htmlTags are what HTML begins with, behind "<".
var htmlTags = [...]string{
	"!DOCTYPE HTML",
	"HTML",
	"HEAD",
	"SCRIPT",
	"IFRAME",
	"H1",
	"DIV",
	"FONT",
	"TABLE",
	"A",
	"STYLE",
	"TITLE",
	"B",
	"BODY",
	"BR",
	"P",
	"!--",
}

// isHTML reports whether data begins with one of the tags, in any case, and a space or
// ">".
func isHTML(data []byte) bool {
	if len(data) == 0 || data[0] != '<' {
		return false
	}
	data = data[1:]
	for _, tag := range htmlTags {
		if len(data) > len(tag) && (data[len(tag)] == ' ' || data[len(tag)] == '>') && isTag(data,
			tag) {
			return true
		}
	}
	return false
}

func isTag(data []byte, tag string) bool {
	for i := range len(tag) {
		c := data[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != tag[i] {
			return false
		}
	}
	return true
}

// isMP4 reports whether the file type box, whose size is in the first four bytes and
// which must be there whole, names an "mp4" brand. The four bytes at 12 are a version
// and no brand.
func isMP4(data []byte) bool {
	if len(data) < 12 || data[0] != 0 || data[1] != 0 {
		return false
	}
	size := int(data[2])<<8 | int(data[3])
	if size > len(data) || size%4 != 0 {
		return false
	}
	for at := 8; at < size; at += 4 {
		if at != 12 && has(data, at, "mp4") {
			return true
		}
	}
	return false
}

// isBinary reports whether there is a byte that text doesn't have: a control character
// other than tab, line feed, form feed, carriage return and escape.
func isBinary(data []byte) bool {
	for _, c := range data {
		if c < ' ' && !isSpace(c) && c != 0x1B {
			return true
		}
	}
	return false
}
