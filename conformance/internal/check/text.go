package check

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// ErrText returns the error as failure texts show it.
func ErrText(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("the error %q", fmt.Sprintf("%+v", err))
}

// KindText returns a sentinel's name and text as failure texts show them. For any other
// error it returns the text alone.
func KindText(want error) string {
	if slices.Contains(Kinds, want) {
		return fmt.Sprintf("files.Err%s (%q)", files.KindName(want), want)
	}
	return fmt.Sprintf("%q", want)
}

// alike returns an explanation if err has the text of want but doesn't match it: the
// standard library has sentinels with the same texts. Otherwise it returns "".
func alike(err, want error) string {
	if err == nil || !strings.Contains(err.Error(), want.Error()) {
		return ""
	}
	for name, std := range map[string]error{
		"fs.ErrNotExist":   fs.ErrNotExist,
		"fs.ErrExist":      fs.ErrExist,
		"fs.ErrPermission": fs.ErrPermission,
		"fs.ErrInvalid":    fs.ErrInvalid,
		"fs.ErrClosed":     fs.ErrClosed,
	} {
		if errors.Is(want, std) && errors.Is(err, std) {
			return fmt.Sprintf("; the texts are the same, but the cause is %s, which "+
				"errors.Is does not match: return files.Err%s", name, files.KindName(want))
		}
	}
	return "; the texts are the same, but errors.Is does not match: return the sentinel " +
		"itself, or an error that wraps it"
}

// ListText returns the options as failure texts show them.
func ListText(o *files.ListOptions) string {
	if o == nil {
		return "nil"
	}
	return strings.TrimPrefix(fmt.Sprintf("%+v", *o), "files.ListOptions")
}
