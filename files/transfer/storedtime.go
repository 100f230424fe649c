package transfer

import (
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// timeKey is the metadata key of a source's time, which rclone uses too.
const timeKey = "mtime"

// storedTime parses the source's time in the metadata: seconds since 1970 with a
// fraction, or RFC 3339. rclone writes both.
func storedTime(info files.Info) (time.Time, bool) {
	text := info.Metadata[timeKey]
	if text == "" {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, true
	}
	whole, fraction, _ := strings.Cut(text, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 9 {
		return time.Time{}, false
	}
	nsec, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return time.Time{}, false
	}
	if strings.HasPrefix(whole, "-") {
		return time.Unix(sec, -int64(nsec)), true
	}
	return time.Unix(sec, int64(nsec)), true
}

// formatTime returns the text of a time for storedTime.
func formatTime(t time.Time) string {
	sec, nsec := t.Unix(), int64(t.Nanosecond())
	sign := ""
	if sec < 0 {
		sign = "-"
		sec = -sec
		if nsec > 0 {
			sec, nsec = sec-1, 1e9-nsec
		}
	}
	text := sign + strconv.FormatInt(sec, 10)
	if nsec == 0 {
		return text
	}
	digits := strconv.FormatInt(1e9+nsec, 10)[1:]
	return text + "." + strings.TrimRight(digits, "0")
}

// sourceTime returns the time that a copy of the source stores.
func sourceTime(src files.Info, c *Change) time.Time {
	if t, ok := storedTime(src); ok {
		return t
	}
	return c.Source.ModTime
}

func sameTime(a, b time.Time, resolution time.Duration) bool {
	return a.Truncate(resolution).Equal(b.Truncate(resolution))
}
