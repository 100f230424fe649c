package hostile

import (
	"bytes"
	"io"
	"log"
	"sync"
)

// hush leaves out of the standard logger, until end is called, what net/http says of
// bytes behind a response, which some ways send: a line of kilobytes each.
func hush() (end func()) {
	before := log.Writer()
	log.SetOutput(&quiet{to: before})
	return func() { log.SetOutput(before) }
}

type quiet struct {
	mu sync.Mutex
	to io.Writer
}

func (q *quiet) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("Unsolicited response received on idle HTTP channel")) {
		return len(line), nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.to.Write(line)
}
