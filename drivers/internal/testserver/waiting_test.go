package testserver

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
)

// TestWaiting: until the command answers, a line says repeatedly what Start waits for
// and what the command does. A response that comes in pieces is read whole.
func TestWaiting(t *testing.T) {
	log := filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(log, []byte("first\n\x1b[1mbuilding fake\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	if err := out.SetReadDeadline(time.Time{}); err != nil {
		longtest.Lacks(t, "pipes have no deadlines here: %v", err)
	}
	in.WriteString(`{"url":`)
	var b strings.Builder
	w := &waiting{
		name:  "fake",
		log:   log,
		begin: time.Now(),
		every: time.Millisecond,
		w: writer(func(p []byte) {
			b.Write(p)
			if strings.Count(b.String(), "\n") == 3 {
				in.WriteString("\"there\"}\n")
			}
		}),
	}
	c := &control{out: out, responses: bufio.NewReader(out)}
	var a response
	if err := c.readReporting(time.Minute, &a, w); err != nil || a.URL != "there" {
		t.Errorf("got %q, %v", a.URL, err)
	}
	line := regexp.MustCompile(`^testserver: waiting for fake, \d+ s so far: \[1mbuilding fake$`)
	all := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(all) < 3 {
		t.Errorf("said %q, want at least a length of 3", all)
	}
	for _, l := range all {
		if !line.MatchString(l) {
			t.Errorf("said %q", l)
		}
	}
}

// writer is an io.Writer that calls itself.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
