package transfer

import "strings"

// isLeftover reports whether a name is one that a download to a folder gives a file until
// it is finished: .download-….tmp of files.DownloadFile, or .resume-….part and
// .resume-….state of package resume.
func isLeftover(name string) bool {
	name = name[strings.LastIndexByte(name, '/')+1:]
	if rest, ok := strings.CutPrefix(name, ".download-"); ok {
		random, ok := strings.CutSuffix(rest, ".tmp")
		return ok && isHex(random, 16)
	}
	rest, ok := strings.CutPrefix(name, ".resume-")
	sum, ext, _ := strings.Cut(rest, ".")
	return ok && isHex(sum, 32) && (ext == "part" || ext == "state")
}

func isHex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}
