package files

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"unicode/utf16"
	"unicode/utf8"
)

// LogValue returns name, size, time and version for structured logs.
func (e Entry) LogValue() slog.Value { return slog.GroupValue(e.logAttrs()...) }

func (e Entry) logAttrs() []slog.Attr {
	a := []slog.Attr{slog.String("name", Printable(e.Name))}
	if e.Key != "" {
		a = append(a, slog.String("key", Printable(e.Key)))
	}
	if e.IsDir {
		return append(a, slog.Bool("isDir", true))
	}
	a = append(a, slog.Int64("size", e.Size))
	if !e.ModTime.IsZero() {
		a = append(a, slog.Time("modTime", e.ModTime))
	}
	if e.Version != "" {
		a = append(a, slog.String("version", string(e.Version)))
	}
	return a
}

// LogValue returns the entry and its content type for structured logs. It leaves out
// metadata and headers, because they may hold what does not belong in a log.
func (i Info) LogValue() slog.Value {
	a := i.Entry.logAttrs()
	if i.ContentType != "" {
		a = append(a, slog.String("contentType", Printable(i.ContentType)))
	}
	return slog.GroupValue(a...)
}

// kindNames are the sentinels' names in structured logs, in no order.
var kindNames = []struct {
	kind error
	name string
}{
	{ErrNotExist, "NotExist"},
	{ErrExist, "Exist"},
	{ErrPrecondition, "Precondition"},
	{ErrNotModified, "NotModified"},
	{ErrPermission, "Permission"},
	{ErrInvalidName, "InvalidName"},
	{ErrInvalid, "Invalid"},
	{ErrCorrupt, "Corrupt"},
	{ErrChanged, "Changed"},
	{ErrTooLarge, "TooLarge"},
	{ErrUncertain, "Uncertain"},
	{ErrNoBucket, "NoBucket"},
	{ErrClosed, "Closed"},
	{ErrUnavailable, "Unavailable"},
	{ErrUnsupported, "Unsupported"},
}

// KindName returns the name of a sentinel in structured logs and metrics, such as
// "NotExist" for ErrNotExist, and "" for an error that isn't a sentinel. Give it
// KindOf(err).
func KindName(kind error) string {
	for _, k := range kindNames {
		if k.kind == kind {
			return k.name
		}
	}
	return ""
}

// LogValue returns the operation, the name, the sentinel's name and the detail, which
// may be shown, for structured logs. It never has the text of the cause (E1).
func (e *Error) LogValue() slog.Value {
	if e == nil {
		return slog.Value{}
	}
	a := []slog.Attr{slog.String("op", string(e.Op))}
	if e.Name != "" {
		a = append(a, slog.String("name", e.shownName()))
	}
	if k := KindName(e.Kind); k != "" {
		a = append(a, slog.String("kind", k))
	}
	if e.Detail != "" {
		a = append(a, slog.String("detail", shown(e.Detail)))
	}
	return slog.GroupValue(a...)
}

// MarshalJSON returns what LogValue has, as an object. The name is kept as it is,
// unless it is not valid UTF-8; characters that can't be printed safely are escaped as
// JSON's.
func (e *Error) MarshalJSON() ([]byte, error) {
	if e == nil {
		return []byte("null"), nil
	}
	name := e.Name
	if e.Op == OpOpen || !utf8.ValidString(name) {
		name = e.shownName()
	}
	text, err := json.Marshal(struct {
		Op     Op     `json:"op"`
		Name   string `json:"name,omitempty"`
		Kind   string `json:"kind,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{e.Op, name, KindName(e.Kind), shown(e.Detail)})
	return escapeJSON(text), err
}

// escapeJSON escapes what can't be printed safely. In JSON it is only found in strings.
func escapeJSON(text []byte) []byte {
	if allPrintable(string(text)) {
		return text
	}
	var b []byte
	for _, r := range string(text) {
		switch {
		case !unsafeRune(r):
			b = utf8.AppendRune(b, r)
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		}
	}
	return b
}
