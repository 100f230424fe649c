package fileshttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

func TestStatus(t *testing.T) {
	for err, want := range map[error]int{
		nil:                           200,
		files.ErrNotExist:             404,
		files.ErrExist:                412,
		files.ErrPrecondition:         412,
		files.ErrNotModified:          304,
		files.ErrPermission:           403,
		files.ErrInvalidName:          400,
		files.ErrInvalid:              400,
		files.ErrCorrupt:              500,
		files.ErrChanged:              503,
		files.ErrTooLarge:             413,
		files.ErrUncertain:            500,
		files.ErrNoBucket:             503,
		files.ErrClosed:               503,
		files.ErrUnavailable:          503,
		files.ErrUnsupported:          501,
		fs.ErrNotExist:                404,
		fs.ErrPermission:              403,
		io.ErrUnexpectedEOF:           400,
		io.ErrClosedPipe:              500,
		context.Canceled:              499,
		context.DeadlineExceeded:      504,
		os.ErrDeadlineExceeded:        504,
		&http.MaxBytesError{Limit: 1}: 413,
	} {
		if got := fileshttp.Status(err); got != want {
			t.Errorf("Status(%v) = %d, want %d", err, got, want)
		}
		if err == nil {
			continue
		}
		wrapped := &fs.PathError{
			Op:   "open",
			Path: "x",
			Err:  driver.NewError(files.OpGet, "x", fmt.Errorf("because: %w", err)),
		}
		if got := fileshttp.Status(wrapped); got != want {
			t.Errorf("Status(%v) = %d, want %d", wrapped, got, want)
		}
	}
	if got := fileshttp.Status(driver.NewError(files.OpPut, "x", files.ErrCorrupt)); got != 400 {
		t.Errorf("Status of an upload that differs from its digest = %d", got)
	}
	if got := fileshttp.Status(errors.New("other")); got != 500 {
		t.Errorf("Status of another error = %d", got)
	}
}

func TestETag(t *testing.T) {
	for v, want := range map[files.Version]string{
		"":      "",
		"abc-1": `"abc-1"`,
		"a b":   `"a%20b"`,
		"a%20b": `"a%2520b"`,
		"%25":   `"%2525"`,
		`a\b,c`: `"a\b,c"`,
	} {
		if got := fileshttp.ETag(v); got != want {
			t.Errorf("ETag(%q) = %s, want %s", v, got, want)
		}
	}
}
