// Package term makes what the project's commands print safe for a terminal, whatever
// names and responses stand in it.
package term

import (
	"fmt"
	"io"
	"strings"

	"cloudfiles.dev/files"
)

// Text escapes as files.Printable does, line by line: line ends and tabs stay.
func Text(s string) string {
	if files.Printable(s) == s {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		cells := strings.Split(l, "\t")
		for j, c := range cells {
			cells[j] = files.Printable(c)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n")
}

// Sprintf is fmt.Sprintf, escaped by Text.
func Sprintf(format string, args ...any) string { return Text(fmt.Sprintf(format, args...)) }

// Writer escapes what is written, where each Write is of whole characters, as those of
// fmt and of package flag are.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
