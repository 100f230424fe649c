package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// logged returns the line that slog writes for v.
func logged(v any) string {
	var buf bytes.Buffer
	h := slog.NewTextHandler(&buf, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey ||
				a.Key == slog.MessageKey) {
				return slog.Attr{}
			}
			return a
		},
	})
	slog.New(h).Info("", "v", v)
	return strings.TrimSpace(buf.String())
}

func TestLogValues(t *testing.T) {
	e := files.Entry{
		Name:    "a\nb",
		Size:    3,
		ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Version: "v1",
	}
	i := files.Info{
		Entry: e,
		Attributes: files.Attributes{
			ContentType:  "text/plain",
			CacheControl: "hidden",
			Metadata:     map[string]string{"hidden": "hidden"},
		},
	}
	secret := &fs.PathError{
		Op:   "open",
		Path: "/hidden/path",
		Err:  errors.New("hidden"),
		/* not to be shown by an Error made by hand */}
	for _, c := range []struct {
		v    any
		want string
	}{
		{e, `v.name=a\nb v.size=3 v.modTime=2026-01-02T03:04:05.000Z v.version=v1`},
		{files.Entry{Name: "d/", IsDir: true}, `v.name=d/ v.isDir=true`},
		{files.Entry{Key: "d//x"}, `v.name="" v.key=d//x v.size=0`},
		{
			i,
			`v.name=a\nb v.size=3 v.modTime=2026-01-02T03:04:05.000Z v.version=v1 ` +
				`v.contentType=text/plain`,
		},
		{&files.Error{
			Op:   files.OpGet,
			Name: "a",
			Kind: files.ErrNotExist,
			Err:  secret,
		}, `v.op=get v.name=a v.kind=NotExist`},
		{driver.NewError(files.OpPut, "a\x01",
			driver.Errorf(files.ErrTooLarge,
				"9 bytes")), `v.op=put v.name=a\x01 v.kind=TooLarge v.detail="9 bytes"`},
		{driver.NewError(files.OpCheck, "",
			context.Canceled), `v.op=check v.detail="context canceled"`},
		{(*files.Error)(nil), `v=<nil>`},
		{files.SignedURL{
			Method: "PUT",
			URL:    "https://host/a?X-Signature=hidden&x=1",
		}, `v="PUT https://host/a?X-Signature=…&x=1"`},
	} {
		got := logged(c.v)
		if got != c.want {
			t.Errorf("logged %s\nwant   %s", got, c.want)
		}
		if strings.Contains(got, "hidden") {
			t.Errorf("%s shows what it should not", got)
		}
	}
}

func TestErrorJSON(t *testing.T) {
	err := driver.NewError(files.OpGet, "a\n",
		driver.WithCause(files.ErrUnavailable, errors.New("hidden"), "503"))
	got, jerr := json.Marshal(map[string]error{"err": err, "nil": (*files.Error)(nil)})
	want := `{"err":{"op":"get","name":"a\n","kind":"Unavailable","detail":"503"},"nil":null}`
	if jerr != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, jerr, want)
	}
}

func TestKindName(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range sentinels {
		n := files.KindName(k)
		if n == "" || seen[n] {
			t.Errorf("%v is named %q", k, n)
		}
		seen[n] = true
	}
	for _, err := range []error{nil, errBroken, context.Canceled, fs.ErrNotExist, uncomparable{}} {
		if n := files.KindName(err); n != "" {
			t.Errorf(`%v is named %q, want ""`, err, n)
		}
	}
}

// uncomparable is an error that panics if it is compared with ==.
type uncomparable []string

func (u uncomparable) Error() string { return fmt.Sprint([]string(u)) }

var sentinels = []error{
	files.ErrNotExist,
	files.ErrExist,
	files.ErrPrecondition,
	files.ErrNotModified,
	files.ErrPermission,
	files.ErrInvalidName,
	files.ErrInvalid,
	files.ErrCorrupt,
	files.ErrChanged,
	files.ErrTooLarge,
	files.ErrUncertain,
	files.ErrNoBucket,
	files.ErrClosed,
	files.ErrUnavailable,
	files.ErrUnsupported,
}
