package files

import (
	"encoding/json"
	"log/slog"
)

// LogValue is for structured logs: name, size, time and version.
func (e Entry) LogValue() slog.Value { return slog.GroupValue(e.logAttrs()...) }

func (e Entry) logAttrs() []slog.Attr {
	a := []slog.Attr{slog.String("name", printable(e.Name))}
	if e.Key != "" {
		a = append(a, slog.String("key", printable(e.Key)))
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

// LogValue is for structured logs: the entry and its content type. Metadata and headers are left out, for they may hold what does
// not belong in a log.
func (i Info) LogValue() slog.Value {
	a := i.Entry.logAttrs()
	if i.ContentType != "" {
		a = append(a, slog.String("contentType", printable(i.ContentType)))
	}
	return slog.GroupValue(a...)
}

// kindNames are the sentinels' names in structured logs, in no order.
var kindNames = []struct {
	kind error
	name string
}{
	{ErrNotExist, "NotExist"}, {ErrExist, "Exist"}, {ErrPrecondition, "Precondition"}, {ErrNotModified, "NotModified"}, {ErrPermission, "Permission"},
	{ErrInvalidName, "InvalidName"}, {ErrInvalid, "Invalid"}, {ErrCorrupt, "Corrupt"}, {ErrChanged, "Changed"}, {ErrTooLarge, "TooLarge"},
	{ErrUncertain, "Uncertain"}, {ErrNoBucket, "NoBucket"}, {ErrClosed, "Closed"}, {ErrUnavailable, "Unavailable"}, {ErrUnsupported, "Unsupported"},
}

// KindName returns the name of a sentinel in structured logs and metrics, such as "NotExist" for ErrNotExist, and
// "" for an error that is none. Give it KindOf(err).
func KindName(kind error) string {
	for _, k := range kindNames {
		if k.kind == kind {
			return k.name
		}
	}
	return ""
}

// LogValue is for structured logs: operation, name, the sentinel's name and the detail, which may be shown; never the text of
// the cause (E1).
func (e *Error) LogValue() slog.Value {
	if e == nil {
		return slog.Value{}
	}
	a := []slog.Attr{slog.String("op", string(e.Op))}
	if e.Name != "" {
		a = append(a, slog.String("name", printable(e.Name)))
	}
	if k := KindName(e.Kind); k != "" {
		a = append(a, slog.String("kind", k))
	}
	if e.Detail != "" {
		a = append(a, slog.String("detail", e.Detail))
	}
	return slog.GroupValue(a...)
}

// MarshalJSON has what LogValue has, as an object.
func (e *Error) MarshalJSON() ([]byte, error) {
	if e == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Op     Op     `json:"op"`
		Name   string `json:"name,omitempty"`
		Kind   string `json:"kind,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{e.Op, printable(e.Name), KindName(e.Kind), e.Detail})
}
