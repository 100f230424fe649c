package overlay

import (
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// tag turns a member's version into one of the overlay.
func tag(i int, v files.Version) files.Version {
	if v == "" {
		return ""
	}
	return files.Version(strconv.Itoa(i)) + "." + v
}

// untag returns the member that a version comes from, and the version there. For a text
// that isn't a version of the overlay it returns -1.
func untag(v files.Version) (int, files.Version) {
	index, rest, ok := strings.Cut(string(v), ".")
	i, err := strconv.Atoi(index)
	if !ok || err != nil || i < 0 || strconv.Itoa(i) != index || rest == "" {
		return -1, ""
	}
	return i, files.Version(rest)
}

func tagged(i int, info files.Info) files.Info {
	info.Version = tag(i, info.Version)
	return info
}
