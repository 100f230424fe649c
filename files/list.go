package files

import "strings"

// Check returns ErrInvalid if the options make no sense.
func (o *ListOptions) Check() error {
	switch {
	case o == nil:
		return nil
	case o.Limit < 0:
		return invalid("negative limit %d", o.Limit)
	case o.PageSize < 0:
		return invalid("negative page size %d", o.PageSize)
	case o.Parallel < 0:
		return invalid("negative number of parallel requests %d", o.Parallel)
	case o.Shallow && strings.Contains(o.Prefix, "/"):
		return invalid("prefix %q of a shallow listing has a slash: list that directory", o.Prefix)
	}
	return nil
}
