// Package term makes the output of the project's commands safe for a terminal, whatever
// names and responses it contains.
package term

import (
	"fmt"
	"io"
	"strings"

	"cloudfiles.dev/files"
)

// Text escapes as files.Printable does, but keeps line ends and tabs.
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

// Sprintf is fmt.Sprintf with the result escaped by Text.
func Sprintf(format string, args ...any) string { return Text(fmt.Sprintf(format, args...)) }

// Writer returns a writer that escapes by Text. Each Write must end at the end of a
// character, as those of packages fmt and flag do.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
