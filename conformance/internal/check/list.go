package check

import (
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// ListModel returns what the contract requires of a listing of the names.
func ListModel(names []string, dir string, o files.ListOptions) []string {
	base := ""
	if dir != "" {
		base = strings.TrimSuffix(dir, "/") + "/"
	}
	var out []string
	for _, n := range names {
		rest, ok := strings.CutPrefix(n, base)
		if !ok || !strings.HasPrefix(rest, o.Prefix) {
			continue
		}
		if i := strings.IndexByte(rest, '/'); o.Shallow && i >= 0 {
			n = base + rest[:i+1]
		}
		if n > o.StartAfter {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if o.Limit > 0 {
		out = out[:min(o.Limit, len(out))]
	}
	return out
}
