package files_test

import (
	"errors"
	"fmt"
	"io/fs"
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
