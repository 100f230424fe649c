package files_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestErrorFormat: only %+v shows the words of a backend if the sentinel says
// everything. Every other verb formats the text of Error.
func TestErrorFormat(t *testing.T) {
	const short = "files: get a: file does not exist"
	e := driver.NewError(files.OpGet, "a", driver.WithCause(files.ErrNotExist, nil, "NoSuchKey"))
	for format, want := range map[string]string{
		"%v":   short,
		"%s":   short,
		"%+v":  short + ": NoSuchKey",
		"%q":   `"` + short + `"`,
		"%#v":  `&files.Error{"` + short + `"}`,
		"%.5s": "files",
		"%+s":  short,
		"%40v": short, // %v is the text, whatever its width
		"%x":   fmt.Sprintf("%x", short),
	} {
		if got := fmt.Sprintf(format, e); got != want {
			t.Errorf("%s is %q, want %q", format, got, want)
		}
	}
	var none *files.Error
	for _, format := range []string{"%v", "%+v", "%s"} {
		if got := fmt.Sprintf(format, none); got != "<nil>" {
			t.Errorf(`%s of a nil *Error is %q, want "<nil>"`, format, got)
		}
	}
}

// TestErrorAroundAnother: an error around others has the words of the service only in
// Detail, too, if its own sentinel says everything.
func TestErrorAroundAnother(t *testing.T) {
	cause := driver.WithCause(files.ErrPermission, files.ErrExist, "AccessDenied")
	e := driver.NewError(files.OpGet, "a", errors.Join(driver.NewError(files.OpPut, "b", cause)))
	const short = "files: get a: file already exists"
	if got := e.Error(); got != short {
		t.Errorf("Error() = %q, want %q", got, short)
	}
	want := short + ": put b: permission denied: AccessDenied"
	if got := fmt.Sprintf("%+v", e); got != want {
		t.Errorf("%%+v is %q, want %q", got, want)
	}
}

// TestTextWithoutSentinel: a driver's text replaces that of its cause, whose URL and host
// may be secret, also if there is no sentinel (U1).
func TestTextWithoutSentinel(t *testing.T) {
	const host = "s3cr3t"
	lookup := &url.Error{
		Op:  "Get",
		URL: "http://" + host + "/",
		Err: &net.OpError{
			Op:  "dial",
			Err: &net.DNSError{Name: host, Err: "no such host"},
		},
	}
	ended := driver.WithCause(nil, errors.Join(context.Canceled, lookup), "context canceled")
	e := driver.NewError(files.OpList, "", ended)
	for _, err := range []error{ended, e, driver.NewError(files.OpGet, "", fmt.Errorf("%w", e))} {
		text, whole := err.Error(), fmt.Sprintf("%+v", err)
		if strings.Contains(text+whole, host) || !strings.HasSuffix(text, "context canceled") {
			t.Errorf("the text is %q, and whole %q", text, whole)
		}
		if found, ok := errors.AsType[*url.Error](err); !ok || found != lookup {
			t.Errorf("errors.As finds no *url.Error in %#v", err)
		}
		if !errors.Is(err, context.Canceled) || files.KindOf(err) != nil {
			t.Errorf("%v isn't the end of the context alone: %v", err, files.KindOf(err))
		}
	}
	for _, c := range []struct {
		cause, kind error
		text        string
	}{
		{text: "files: get a: words"},
		{cause: files.ErrExist, kind: files.ErrExist, text: "files: get a: file already exists"},
	} {
		err := driver.NewError(files.OpGet, "a", driver.WithCause(nil, c.cause, "words"))
		if err.Error() != c.text || files.KindOf(err) != c.kind {
			t.Errorf("with the cause %v: %v, kind %v", c.cause, err, files.KindOf(err))
		}
	}
}

// TestReadDirOfBrokenListing: ReadDir returns the error of a listing that breaks
// before its first entry, whatever n is.
func TestReadDirOfBrokenListing(t *testing.T) {
	empty, _ := fsBucket(t)
	b := fsUnordered{Bucket: empty, fail: errors.New("the listing broke")}
	for _, n := range []int{-1, 0, 1} {
		d, err := files.FS(t.Context(), b, nil).Open(".")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := d.(fs.ReadDirFile).ReadDir(n); len(list) > 0 || !errors.Is(err, b.fail) {
			t.Errorf("ReadDir(%d) = %d entries, %v, want at most 0 and %v",
				n, len(list), err, b.fail)
		}
		d.Close()
	}
}
