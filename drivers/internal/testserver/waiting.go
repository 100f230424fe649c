package testserver

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// sayEvery is how often a person reads what is waited for.
const sayEvery = 5 * time.Second

// waiting says what a server that isn't there yet does.
type waiting struct {
	name  string
	said  string // the file of what the command prints
	begin time.Time
	every time.Duration
	w     io.Writer // nil is the terminal
}

// say says what is waited for. go test keeps what a test prints until the package has
// ended, so a terminal gets it past go test; without one it is the standard error, which
// go test -v shows at once.
func (w *waiting) say() {
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

// last returns the last line that the command has printed, in the characters of a
// terminal.
func (w *waiting) last() string {
	text, _ := os.ReadFile(w.said)
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
