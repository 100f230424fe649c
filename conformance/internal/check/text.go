package check

import (
	"fmt"
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

// ListText is the options for people.
func ListText(o *files.ListOptions) string {
	if o == nil {
		return "nil"
	}
	return strings.TrimPrefix(fmt.Sprintf("%+v", *o), "files.ListOptions")
}
