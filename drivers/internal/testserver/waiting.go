package testserver

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// reportInterval is how often a line says what Start waits for.
const reportInterval = 5 * time.Second

// waiting reports what a server that isn't ready yet does.
type waiting struct {
	name  string
	log   string // the file with the command's output
	begin time.Time
	every time.Duration
	w     io.Writer // nil is the terminal
}

// report prints what Start waits for. go test keeps a test's output until the package
// has ended, so report writes to the terminal itself. Without a terminal it writes to
// the standard error, which go test -v shows at once.
func (w *waiting) report() {
	out := w.w
	if out == nil {
		out = os.Stderr
		if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
			defer tty.Close()
			out = tty
		}
	}
	fmt.Fprintf(out, "testserver: waiting for %s, %.0f s so far%s\n", w.name,
		time.Since(w.begin).Seconds(), w.last())
}

// last returns the last line that the command has printed, without control characters.
func (w *waiting) last() string {
	text, _ := os.ReadFile(w.log)
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, all[len(all)-1])
	if line == "" {
		return ""
	}
	return ": " + line
}
