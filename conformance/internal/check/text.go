package check

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// ErrText is the error for people.
func ErrText(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("the error %q", fmt.Sprintf("%+v", err))
}

// KindText is a sentinel for people: its name and its words. Another error is its words.
func KindText(want error) string {
	if slices.Contains(Kinds, want) {
		return fmt.Sprintf("files.Err%s (%q)", files.KindName(want), want)
	}
	return fmt.Sprintf("%q", want)
}

// alike explains an error that prints as want does, though errors.Is doesn't find want:
// the standard library has sentinels of the same words.
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
			return fmt.Sprintf("; the words are the same, but the cause is %s, and errors.Is "+
				"doesn't find the other by it: return files.Err%s", name, files.KindName(want))
		}
	}
	return "; the words are the same, but errors.Is doesn't find it: return the sentinel " +
		"itself, or an error that wraps it"
}

// ListText is the options for people.
func ListText(o *files.ListOptions) string {
	if o == nil {
		return "nil"
	}
	return strings.TrimPrefix(fmt.Sprintf("%+v", *o), "files.ListOptions")
}
